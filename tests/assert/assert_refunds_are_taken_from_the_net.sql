-- Day by day, the net of fct_conversions is what the orders say, those below 0
-- included, or what was sold less the refunds that stand beside them; and a refund
-- takes from it without ever counting.

with

ordered as (

    select
        property,
        cast(bought_at_local as date) as conversion_date,
        sum(revenue) as net_revenue,
        -sum(case when revenue < 0 then revenue else 0 end) as refunded_revenue

    from {{ ref('stg_afisha__orders') }}

    group by property, cast(bought_at_local as date)

),

-- where refunds have a table of their own
sold_and_refunded as (

    select
        property,
        conversion_date,
        revenue as net_revenue,
        cast(0 as decimal(18, 2)) as refunded_revenue
    from {{ ref('fct_conversions') }}
    where not is_refund

    union all

    select
        property,
        refund_date as conversion_date,
        -amount as net_revenue,
        amount as refunded_revenue
    from {{ ref('int_refunds') }}

),

expected as (

    select *
    from ordered

    union all

    select
        parts.property,
        parts.conversion_date,
        sum(parts.net_revenue) as net_revenue,
        sum(parts.refunded_revenue) as refunded_revenue

    from sold_and_refunded as parts

    inner join {{ ref('int_properties') }} as properties
        on parts.property = properties.property
        and properties.has_refunds

    where parts.property not in (select ordered.property from ordered)

    group by parts.property, parts.conversion_date

),

published as (

    select
        conversions.property,
        conversions.conversion_date,
        sum(conversions.net_revenue) as net_revenue,
        sum(conversions.refunded_revenue) as refunded_revenue,
        sum(
            case
                when
                    conversions.net_revenue
                    = conversions.revenue - conversions.refunded_revenue
                    and conversions.is_refund = (conversions.refunded_revenue > 0)
                    and not (conversions.is_refund and conversions.is_counted)
                    then 0
                else 1
            end
        ) as odd_row_count

    from {{ ref('fct_conversions') }} as conversions

    inner join {{ ref('int_properties') }} as properties
        on conversions.property = properties.property
        and properties.has_refunds

    group by conversions.property, conversions.conversion_date

)

select
    coalesce(expected.property, published.property) as property,
    coalesce(expected.conversion_date, published.conversion_date) as conversion_date,
    expected.net_revenue as expected_revenue,
    published.net_revenue as actual_revenue

from expected

full join published
    on expected.property = published.property
    and expected.conversion_date = published.conversion_date

where
    expected.net_revenue is distinct from published.net_revenue
    or expected.refunded_revenue is distinct from published.refunded_revenue
    or published.odd_row_count is distinct from 0
