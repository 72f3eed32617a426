with

conversions as (

    select * from {{ ref('fct_conversions') }}

),

refunds as (

    select * from {{ ref('fct_refunds') }}

),

users as (

    select * from {{ ref('dim_users') }}

),

property_dates as (

    select * from {{ ref('int_property_dates') }}

),

buyers as (

    select
        property,
        user_id,
        cast(date_trunc('month', first_conversion_date) as date) as cohort_month,
        acquisition_channel as channel,
        acquisition_device as device

    from users

    where first_conversion_date is not null

),

-- what was earned stands on the day it was, what was paid back on the day of that
movements as (

    select
        property,
        user_id,
        conversion_date as movement_date,
        conversion_number,
        is_counted,
        revenue,
        0 as refunded_revenue
    from conversions

    union all

    select
        property,
        user_id,
        refund_date as movement_date,
        null as conversion_number,
        false as is_counted,
        0 as revenue,
        refunded_revenue
    from refunds

),

-- what a buyer was paid back before the first conversion stands in its month
placed as (

    select
        buyers.property,
        buyers.cohort_month,
        greatest(
            cast(date_trunc('month', movements.movement_date) as date),
            buyers.cohort_month
        ) as report_month,
        buyers.channel,
        buyers.device,
        movements.conversion_number,
        movements.is_counted,
        movements.revenue,
        movements.refunded_revenue,
        movements.revenue - movements.refunded_revenue as net_revenue

    from movements

    inner join buyers
        on movements.property = buyers.property
        and movements.user_id = buyers.user_id

),

-- each channel, each device, each pair of them, and all together
cells as (

    select
        property,
        cohort_month,
        report_month,
        coalesce(channel, '(all)') as channel,
        coalesce(device, '(all)') as device,
        -- each buyer has one first conversion
        sum(case when conversion_number = 1 then 1 else 0 end) as buyers,
        sum(case when is_counted then 1 else 0 end) as conversion_count,
        sum(revenue) as revenue,
        sum(refunded_revenue) as refunded_revenue,
        sum(net_revenue) as net_revenue

    from placed

    group by property, cohort_month, report_month, cube(channel, device)

),

-- every buyer has the first conversion in the month of the cohort
cohorts as (

    select
        cells.property,
        cells.cohort_month,
        cells.channel,
        cells.device,
        cells.buyers,
        cast(date_trunc('month', property_dates.last_booking_date) as date)
            as last_month,
        property_dates.conversions_until

    from cells

    inner join property_dates
        on cells.property = property_dates.property

    where cells.report_month = cells.cohort_month

),

-- a month in which nobody bought has a row too
cohort_months as (

    select
        *,
        {{ months_in_range('cohort_month', 'last_month') }} as report_month

    from cohorts

),

accumulated as (

    select
        cohort_months.*,
        {{ months_since('cohort_months.cohort_month', 'cohort_months.report_month') }}
            as month_number,
        coalesce(cells.conversion_count, 0) as conversion_count,
        coalesce(cells.revenue, 0) as revenue,
        coalesce(cells.refunded_revenue, 0) as refunded_revenue,
        coalesce(cells.net_revenue, 0) as net_revenue,
        case
            when {{ is_over('cohort_months.report_month', 'conversions_until') }}
                then sum(coalesce({{ customer_revenue('cells.') }}, 0)) over (
                    partition by
                        cohort_months.property,
                        cohort_months.cohort_month,
                        cohort_months.channel,
                        cohort_months.device
                    order by cohort_months.report_month
                    rows unbounded preceding
                )
        end as cumulative_revenue

    from cohort_months

    left join cells
        on cohort_months.property = cells.property
        and cohort_months.cohort_month = cells.cohort_month
        and cohort_months.report_month = cells.report_month
        and cohort_months.channel = cells.channel
        and cohort_months.device = cells.device

),

-- what a cohort has brought so far is told by its last month that is over
marked as (

    select
        *,
        report_month = max(
            case when cumulative_revenue is not null then report_month end
        ) over (
            partition by property, cohort_month, channel, device
        ) as is_latest

    from accumulated

),

final as (

    select
        -- keys
        property,
        cohort_month,
        month_number,
        channel,
        device,

        -- timestamps
        report_month,

        -- attributes
        coalesce(is_latest, false) as is_latest,

        -- measures
        cast(buyers as bigint) as buyers,
        cast(conversion_count as bigint) as conversion_count,
        cast(revenue as decimal(18, 2)) as revenue,
        cast(refunded_revenue as decimal(18, 2)) as refunded_revenue,
        cast(net_revenue as decimal(18, 2)) as net_revenue,
        cast(cumulative_revenue as decimal(18, 2)) as cumulative_revenue,
        {{ ratio('cumulative_revenue', 'buyers') }} as ltv

    from marked

)

select * from final
