-- How does each category convert, from start to sale?
--
-- One row per property and category, `(all)` together first, then by listings.
-- completion_rate = completed / started, sale_rate = sold / completed,
-- conversion_rate = sold / started. Several ids of one name are one category.

with

funnel as (

    select * from {{ ref('rpt_listing_funnel') }}
    where dimension in ('(all)', 'category')

),

final as (

    select
        -- keys
        property,
        dimension_value as category,

        -- measures
        started_count,
        completed_count,
        sold_count,
        {{ ratio('completed_count', 'started_count') }} as completion_rate,
        {{ ratio('sold_count', 'completed_count') }} as sale_rate,
        {{ ratio('sold_count', 'started_count') }} as conversion_rate

    from funnel

)

select * from final
order by
    property asc,
    case when category = '(all)' then 0 else 1 end asc,
    started_count desc,
    category asc
