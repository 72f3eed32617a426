-- Who are the frequent sellers, and how much of the business are they?
--
-- One row per property and seller of at least var frequent_seller_listings listings,
-- most listings first. segment is where the seller stands now, which may be `lapsed` or
-- `new` all the same. listing_days are days of the property's own clock.
-- cumulative_share is the part of all listings that this and the sellers before it
-- make; listings of nobody known are in no seller's and in all.

with

listings as (

    select * from {{ ref('fct_listings') }}

),

frequent_sellers as (

    select * from {{ ref('dim_sellers') }}
    where listing_count >= {{ var('frequent_seller_listings') }}

),

-- published beside the marts
properties as (

    select * from meta.properties

),

totals as (

    select
        property,
        count(*) as listing_count

    from listings

    group by property

),

seller_days as (

    select
        listings.property,
        listings.seller_id,
        count(
            distinct cast(
                {{ to_local('listings.created_at', 'properties.time_zone') }} as date
            )
        ) as listing_days

    from listings

    left join properties
        on listings.property = properties.property

    group by listings.property, listings.seller_id

),

sellers_ranked as (

    select
        *,
        rank() over (partition by property order by listing_count desc)
            as seller_rank,
        sum(listing_count) over (
            partition by property
            order by listing_count desc, seller_id asc
            rows unbounded preceding
        ) as running_count

    from frequent_sellers

),

final as (

    select
        -- keys
        sellers_ranked.property,
        sellers_ranked.seller_id,

        -- attributes
        sellers_ranked.segment,

        -- measures
        sellers_ranked.seller_rank,
        sellers_ranked.listing_count,
        sellers_ranked.completed_count,
        sellers_ranked.sold_count,
        seller_days.listing_days,
        {{ ratio('sellers_ranked.sold_count', 'sellers_ranked.completed_count') }}
            as sale_rate,
        {{ ratio('sellers_ranked.listing_count', 'totals.listing_count') }}
            as listing_share,
        {{ ratio('sellers_ranked.running_count', 'totals.listing_count') }}
            as cumulative_share

    from sellers_ranked

    inner join totals
        on sellers_ranked.property = totals.property

    inner join seller_days
        on sellers_ranked.property = seller_days.property
        and sellers_ranked.seller_id = seller_days.seller_id

)

select * from final
order by property asc, listing_count desc, seller_id asc
