-- Who are the frequent sellers, and how much of the business are they?
--
-- One row per property and seller of more than one listing, most listings first.
-- cumulative_share is the part of all listings that this and the sellers before it
-- make; listings of nobody known are in no seller's and in all.

with

listings as (

    select * from {{ ref('fct_listings') }}

),

totals as (

    select
        property,
        count(*) as listing_count

    from listings

    group by property

),

sellers as (

    select
        property,
        seller_id,
        count(*) as listing_count,
        count(completed_at) as completed_count,
        count(sold_at) as sold_count,
        count(distinct cast(created_at as date)) as listing_days

    from listings

    where seller_id is not null

    group by property, seller_id

    having count(*) > 1

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

    from sellers

),

final as (

    select
        -- keys
        sellers_ranked.property,
        sellers_ranked.seller_id,

        -- measures
        sellers_ranked.seller_rank,
        sellers_ranked.listing_count,
        sellers_ranked.completed_count,
        sellers_ranked.sold_count,
        sellers_ranked.listing_days,
        {{ ratio('sellers_ranked.sold_count', 'sellers_ranked.completed_count') }}
            as sale_rate,
        {{ ratio('sellers_ranked.listing_count', 'totals.listing_count') }}
            as listing_share,
        {{ ratio('sellers_ranked.running_count', 'totals.listing_count') }}
            as cumulative_share

    from sellers_ranked

    inner join totals
        on sellers_ranked.property = totals.property

)

select * from final
order by property asc, listing_count desc, seller_id asc
