-- Where are the sellers, and what does each region list and sell?
--
-- One row per property and region, `(all)` together first, then by revenue. Sellers of
-- no known region are under `(unknown)`.

with

sellers as (

    select * from {{ ref('dim_sellers') }}
    where quantity_listed is not null

),

regions as (

    select
        property,
        coalesce(region, '(unknown)') as region,
        listing_count,
        quantity_listed,
        quantity_sold,
        revenue
    from sellers

),

final as (

    select
        -- keys
        property,
        coalesce(region, '(all)') as region,

        -- measures
        count(*) as seller_count,
        sum(case when listing_count > 0 then 1 else 0 end) as listing_seller_count,
        sum(listing_count) as listing_count,
        sum(quantity_listed) as quantity_listed,
        sum(quantity_sold) as quantity_sold,
        {{ ratio('sum(quantity_sold)', 'sum(quantity_listed)') }} as sold_share,
        sum(revenue) as revenue

    from regions

    group by property, rollup(region)

)

select * from final
order by
    property asc,
    case when region = '(all)' then 0 else 1 end asc,
    revenue desc,
    region asc
