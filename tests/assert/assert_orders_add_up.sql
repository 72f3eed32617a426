-- By day, week and month, the orders and their revenue are the counted conversions.

with

counted as (

    select
        property,
        count(*) as order_count,
        sum(revenue) as revenue

    from {{ ref('fct_conversions') }}

    where is_counted

    group by property

),

periods (period) as (

    values ('day'), ('week'), ('month')

),

expected as (

    select
        counted.property,
        periods.period,
        counted.order_count,
        counted.revenue

    from counted

    cross join periods

),

orders as (

    select
        property,
        period,
        sum(order_count) as order_count,
        sum(revenue) as revenue

    from {{ ref('rpt_orders') }}

    where device = '(all)'

    group by property, period

)

select
    coalesce(expected.property, orders.property) as property,
    coalesce(expected.period, orders.period) as period,
    expected.revenue as expected_revenue,
    orders.revenue as actual_revenue

from expected

full join orders
    on expected.property = orders.property
    and expected.period = orders.period

where
    expected.order_count is distinct from orders.order_count
    or expected.revenue is distinct from orders.revenue
