-- Day by day, the net of fct_conversions is what the orders say, those below 0
-- included; and a refund takes from it without ever counting.

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
    coalesce(ordered.property, published.property) as property,
    coalesce(ordered.conversion_date, published.conversion_date) as conversion_date,
    ordered.net_revenue as expected_revenue,
    published.net_revenue as actual_revenue

from ordered

full join published
    on ordered.property = published.property
    and ordered.conversion_date = published.conversion_date

where
    ordered.net_revenue is distinct from published.net_revenue
    or ordered.refunded_revenue is distinct from published.refunded_revenue
    or published.odd_row_count is distinct from 0
