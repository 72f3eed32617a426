-- Over the channels of rpt_attribution_models, under every model, and over the paths of
-- rpt_journey_paths, stand the counted revenue and the number of counted conversions.
-- The classical shares of a property's channels sum to 1, but for rounding.

with

counted as (

    select
        property,
        count(*) as conversion_count,
        sum({{ credit_revenue() }}) as revenue

    from {{ ref('fct_conversions') }}

    where is_counted

    group by property

),

expected as (

    select
        counted.property,
        models.attribution_model as summary,
        counted.conversion_count,
        counted.revenue

    from counted

    inner join {{ ref('int_property_attribution_models') }} as models
        on counted.property = models.property

    union all

    select
        property,
        '(paths)' as summary,
        conversion_count,
        revenue
    from counted

),

reported as (

    select
        property,
        attribution_model as summary,
        sum(credited_conversions) as conversion_count,
        sum(credited_revenue) as revenue,
        sum(classical_share) as classical_share

    from {{ ref('rpt_attribution_models') }}

    group by property, attribution_model

    union all

    select
        property,
        '(paths)' as summary,
        sum(conversion_count) as conversion_count,
        sum(revenue) as revenue,
        null as classical_share

    from {{ ref('rpt_journey_paths') }}

    group by property

)

select
    coalesce(expected.property, reported.property) as property,
    coalesce(expected.summary, reported.summary) as summary,
    expected.revenue as expected_revenue,
    reported.revenue as reported_revenue,
    reported.classical_share

from expected

full join reported
    on expected.property = reported.property
    and expected.summary = reported.summary

where
    expected.revenue is distinct from reported.revenue
    or expected.conversion_count is distinct from reported.conversion_count
    -- shares have nine places
    or abs(reported.classical_share - 1) > 0.000001
