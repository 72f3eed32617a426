-- On which days and at which hours do sellers post?
--
-- One row per property, posting day and hour (both UTC), and `(all)` hours of the day
-- first. Lots without a posting time are under no day and left out.

with

lots as (

    select
        property,
        seller_id,
        quantity,
        cast(created_at as date) as posted_date,
        lpad(cast(extract('hour' from created_at) as {{ dbt.type_string() }}), 2, '0')
            as posted_hour
    from {{ ref('fct_listings') }}
    where event_id is not null and created_at is not null

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

    from lots

    group by property, posted_date, rollup(posted_hour)

)

select * from final
order by property asc, posted_date asc, posted_hour asc
