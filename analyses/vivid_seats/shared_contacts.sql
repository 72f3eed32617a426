-- Which visitors buy with the telephone number of another?
--
-- One row per property, number (as its hash) and visitor, the most shared numbers
-- first. Empty in a build without TRIBUTARY_PII_KEY, which has no hashes to compare.

with

buyers as (

    select
        property,
        contact_hash,
        visitor_id,
        count(*) as sale_count,
        sum(revenue) as revenue

    from {{ ref('fct_sales') }}

    where contact_hash is not null and visitor_id is not null

    group by property, contact_hash, visitor_id

),

counted as (

    select
        *,
        count(*) over (partition by property, contact_hash) as visitor_count
    from buyers

),

final as (

    select
        -- keys
        property,
        contact_hash,
        visitor_id,

        -- measures
        visitor_count,
        sale_count,
        revenue

    from counted

    where visitor_count > 1

)

select * from final
order by property asc, visitor_count desc, contact_hash asc, visitor_id asc
