-- Under every model that a property has, the shares of a counted conversion sum to
-- exactly 1 and its cents to its revenue (net of its refunds, if var credit_revenue
-- says so). One that does not count has no credit.

with

expected as (

    select
        conversions.property,
        models.attribution_model,
        conversions.conversion_id,
        {{ credit_revenue('conversions.') }} as revenue

    from {{ ref('fct_conversions') }} as conversions

    inner join {{ ref('int_property_attribution_models') }} as models
        on conversions.property = models.property

    where conversions.is_counted

),

credited as (

    select
        property,
        attribution_model,
        conversion_id,
        sum(credit_share) as credit_share,
        sum(credited_revenue) as revenue

    from {{ ref('fct_attribution_credits') }}

    group by property, attribution_model, conversion_id

)

select
    coalesce(expected.property, credited.property) as property,
    coalesce(expected.attribution_model, credited.attribution_model)
        as attribution_model,
    coalesce(expected.conversion_id, credited.conversion_id) as conversion_id,
    expected.revenue as expected_revenue,
    credited.revenue as credited_revenue,
    credited.credit_share

from expected

full join credited
    on expected.property = credited.property
    and expected.attribution_model = credited.attribution_model
    and expected.conversion_id = credited.conversion_id

where
    expected.revenue is distinct from credited.revenue
    or credited.credit_share is distinct from 1
