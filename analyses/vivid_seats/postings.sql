-- On which days and at which hours do sellers post?
--
-- One row per property and posting day and hour, both on the property's own clock, and
-- `(all)` hours of the day first. Lots without a posting time are under no day and left
-- out.

with

lots as (

    select * from {{ ref('fct_listings') }}
    where event_id is not null and created_at is not null

),

-- published beside the marts
properties as (

    select * from meta.properties

),

lots_local as (

    select
        lots.property,
        lots.seller_id,
        lots.quantity,
        {{ to_local('lots.created_at', 'properties.time_zone') }} as posted_at_local

    from lots

    left join properties
        on lots.property = properties.property

),

timed as (

    select
        property,
        seller_id,
        quantity,
        cast(posted_at_local as date) as posted_date,
        lpad(
            cast(extract('hour' from posted_at_local) as {{ dbt.type_string() }}),
            2, '0'
        ) as posted_hour
    from lots_local

),

final as (

    select
        -- keys
        property,
        posted_date,
        coalesce(posted_hour, '(all)') as posted_hour,

        -- measures
        count(*) as listing_count,
        count(distinct seller_id) as seller_count,
        sum(quantity) as quantity_listed

    from timed

    group by property, posted_date, rollup(posted_hour)

)

select * from final
order by property asc, posted_date asc, posted_hour asc
