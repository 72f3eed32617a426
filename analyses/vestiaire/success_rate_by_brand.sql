-- How many listings succeed, overall and by brand?
--
-- One row per property and brand, `(all)` together first, then by listings. A
-- listing succeeds when it is sold: success_rate = sold / started, completion_rate =
-- completed / started, sale_rate = sold / completed. A brand of few listings has a
-- rate that says little: read it beside started_count.

with

funnel as (

    select * from {{ ref('rpt_listing_funnel') }}
    where dimension in ('(all)', 'brand')

),

final as (

    select
        -- keys
        property,
        dimension_value as brand,

        -- measures
        started_count,
        completed_count,
        sold_count,
        {{ ratio('completed_count', 'started_count') }} as completion_rate,
        {{ ratio('sold_count', 'completed_count') }} as sale_rate,
        {{ ratio('sold_count', 'started_count') }} as success_rate

    from funnel

)

select * from final
order by
    property asc,
    case when brand = '(all)' then 0 else 1 end asc,
    started_count desc,
    brand asc
