-- Which brands are popular with sellers, and which with buyers?
--
-- One row per property and brand, the most listed first, with its rank by what is
-- listed, by what is sold and by clicks; equal numbers share a rank. What names no
-- brand is under `(unknown)`.

with

funnel as (

    select * from {{ ref('rpt_listing_funnel') }}

),

totals as (

    select * from funnel
    where dimension = '(all)'

),

ranked as (

    select
        *,
        rank() over (partition by property order by started_count desc)
            as listing_rank,
        rank() over (partition by property order by sold_count desc) as sale_rank,
        rank() over (partition by property order by click_count desc nulls last)
            as click_rank

    from funnel

    where dimension = 'brand'

),

final as (

    select
        -- keys
        ranked.property,
        ranked.dimension_value as brand,

        -- measures
        ranked.started_count,
        {{ ratio('ranked.started_count', 'totals.started_count') }} as listing_share,
        ranked.listing_rank,
        ranked.sold_count,
        {{ ratio('ranked.sold_count', 'totals.sold_count') }} as sold_share,
        ranked.sale_rank,
        ranked.click_count,
        ranked.click_rank

    from ranked

    inner join totals
        on ranked.property = totals.property

)

select * from final
order by property asc, listing_rank asc, brand asc
