-- On both date bases and under every model, the sum over channels of each report is the
-- counted revenue and the number of counted conversions, to the cent.

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
        reports.report,
        counted.property,
        models.attribution_model,
        date_bases.date_basis,
        counted.conversion_count,
        counted.revenue

    from counted

    inner join {{ ref('int_property_attribution_models') }} as models
        on counted.property = models.property

    cross join (values ('conversion'), ('touch')) as date_bases (date_basis)

    cross join (
        values ('rpt_channel_attribution'), ('rpt_channel_performance')
    ) as reports (report)

),

reported as (

    select
        'rpt_channel_attribution' as report,
        property,
        attribution_model,
        date_basis,
        sum(credited_conversions) as conversion_count,
        sum(credited_revenue) as revenue

    from {{ ref('rpt_channel_attribution') }}

    group by property, attribution_model, date_basis

    union all

    select
        'rpt_channel_performance' as report,
        property,
        attribution_model,
        date_basis,
        sum(credited_conversions) as conversion_count,
        sum(credited_revenue) as revenue

    from {{ ref('rpt_channel_performance') }}

    group by property, attribution_model, date_basis

)

select
    coalesce(expected.report, reported.report) as report,
    coalesce(expected.property, reported.property) as property,
    coalesce(expected.attribution_model, reported.attribution_model)
        as attribution_model,
    coalesce(expected.date_basis, reported.date_basis) as date_basis,
    expected.revenue as expected_revenue,
    reported.revenue as reported_revenue

from expected

full join reported
    on expected.report = reported.report
    and expected.property = reported.property
    and expected.attribution_model = reported.attribution_model
    and expected.date_basis = reported.date_basis

where
    coalesce(expected.revenue, 0) != coalesce(reported.revenue, 0)
    or coalesce(expected.conversion_count, 0)
    != coalesce(reported.conversion_count, 0)
