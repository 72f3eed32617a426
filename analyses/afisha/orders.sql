-- How many orders are there by day, week and month, and how many has a buyer?
--
-- One row per property, period (`(all)`, day, week, month) and its first day; of
-- `(all)` it is the day of the first order. An order is a counted conversion, refunds
-- are not taken off. orders_without_buyer are of nobody: they are in order_count and
-- revenue, not in orders_per_buyer. A buyer counts once in each row, so buyers do not
-- add up. A period without orders has no row.

with

conversions as (

    select * from {{ ref('fct_conversions') }}
    where is_counted

),

orders as (

    select * from {{ ref('rpt_orders') }}
    where device = '(all)'

),

-- all time, which the report does not have
whole_time as (

    select
        property,
        '(all)' as period,
        min(conversion_date) as period_start,
        count(*) as order_count,
        count(distinct user_id) as buyer_count,
        sum(revenue) as revenue

    from conversions

    group by property

),

periods as (

    select * from whole_time
    union all
    select
        property,
        period,
        period_start,
        order_count,
        buyer_count,
        revenue
    from orders

),

without_buyer_days as (

    select
        property,
        conversion_date,
        count(*) as order_count
    from conversions
    where user_id is null
    group by property, conversion_date

),

without_buyer as (

    select
        periods.property,
        periods.period,
        periods.period_start,
        sum(without_buyer_days.order_count) as order_count

    from periods

    inner join without_buyer_days
        on periods.property = without_buyer_days.property
        and (
            periods.period = '(all)'
            or periods.period_start = cast(
                date_trunc(
                    replace(periods.period, '(all)', 'day'),
                    without_buyer_days.conversion_date
                ) as date
            )
        )

    group by periods.property, periods.period, periods.period_start

),

final as (

    select
        -- keys
        periods.property,
        periods.period,
        periods.period_start,

        -- measures
        periods.order_count,
        coalesce(without_buyer.order_count, 0) as orders_without_buyer,
        periods.buyer_count,
        {{ ratio(
            'periods.order_count - coalesce(without_buyer.order_count, 0)',
            'periods.buyer_count'
        ) }} as orders_per_buyer,
        periods.revenue

    from periods

    left join without_buyer
        on periods.property = without_buyer.property
        and periods.period = without_buyer.period
        and periods.period_start = without_buyer.period_start

)

select * from final
order by
    property asc,
    case period when '(all)' then 0 when 'day' then 1 when 'week' then 2 else 3 end asc,
    period_start asc
