-- How many listings has each seller started, completed and sold?
--
-- One row per property and seller, `(all)` together first, then by listings.
-- Listings of nobody known are under `(unknown)`. Completed and sold are what has a
-- time of it.

with

listings as (

    select
        *,
        coalesce(seller_id, '(unknown)') as known_seller
    from {{ ref('fct_listings') }}

),

final as (

    select
        -- keys
        property,
        coalesce(known_seller, '(all)') as seller_id,

        -- measures
        count(*) as started_count,
        count(completed_at) as completed_count,
        count(sold_at) as sold_count

    from listings

    group by property, rollup(known_seller)

)

select * from final
order by
    property asc,
    case when seller_id = '(all)' then 0 else 1 end asc,
    started_count desc,
    seller_id asc
