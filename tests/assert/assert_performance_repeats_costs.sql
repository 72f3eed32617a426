-- Each model and date basis of rpt_channel_performance stands against the whole of the
-- costs, clicks and sessions: spend that earned nothing is not dropped.

with

costs as (

    select
        property,
        sum(cost) as cost,
        sum(clicks) as clicks,
        sum(session_count) as session_count

    from {{ ref('rpt_channel_costs') }}

    group by property

),

expected as (

    select
        costs.*,
        models.attribution_model,
        date_bases.date_basis

    from costs

    inner join {{ ref('int_property_attribution_models') }} as models
        on costs.property = models.property

    cross join (values ('conversion'), ('touch')) as date_bases (date_basis)

),

reported as (

    select
        property,
        attribution_model,
        date_basis,
        sum(cost) as cost,
        sum(clicks) as clicks,
        sum(session_count) as session_count

    from {{ ref('rpt_channel_performance') }}

    group by property, attribution_model, date_basis

)

select
    coalesce(expected.property, reported.property) as property,
    coalesce(expected.attribution_model, reported.attribution_model)
        as attribution_model,
    coalesce(expected.date_basis, reported.date_basis) as date_basis,
    expected.cost as expected_cost,
    reported.cost as reported_cost

from expected

full join reported
    on expected.property = reported.property
    and expected.attribution_model = reported.attribution_model
    and expected.date_basis = reported.date_basis

where
    coalesce(expected.cost, 0) != coalesce(reported.cost, 0)
    or coalesce(expected.clicks, 0) != coalesce(reported.clicks, 0)
    or coalesce(expected.session_count, 0) != coalesce(reported.session_count, 0)
