{#
    Each series day by day, from its first day to the property's last, on a scale on
    which chance is as large on a busy day as on a quiet one: 2 * sqrt(count + 3/8) of a
    count that nothing but chance moves has a standard deviation of 1 (Anscombe, 1948).
    Revenue is counted in orders of the usual value.

    Of a gap in the property's data only the first days are there, of which something
    was expected. On later ones no window sees any data, nor does one behind the gap see
    across so many. One session in 2099 would make thousands of days of each series.
#}

-- as far as a window of these models looks back, which is that of shift_spread
{% set longest_lookback = 93 %}

with

measures as (

    select * from {{ ref('int_daily_measures') }}

),

totals as (

    select * from measures
    where channel = '(all)'

),

days_with_data as (

    select
        property,
        report_date,
        lead(report_date) over (
            partition by property
            order by report_date
        ) as next_date

    from measures

    group by property, report_date

),

ranges as (

    select
        property,
        report_date as first_date,
        least(
            {{ date_after('report_date', longest_lookback) }},
            coalesce({{ date_after('next_date', -1) }}, report_date)
        ) as last_date

    from days_with_data

),

property_days as (

    select
        property,
        {{ days_in_range('first_date', 'last_date') }} as report_date

    from ranges

),

series as (

    select
        property,
        measure,
        channel,
        min(report_date) as first_date

    from measures

    group by property, measure, channel

),

days as (

    select
        series.property,
        series.measure,
        series.channel,
        property_days.report_date

    from series

    inner join property_days
        on series.property = property_days.property
        and series.first_date <= property_days.report_date

),

-- no visit by a channel is none, unless nobody's visits were counted that day
filled as (

    select
        days.property,
        days.measure,
        days.channel,
        days.report_date,
        {{ weekday('days.report_date') }} as weekday,
        case
            when totals.daily_value is not null then coalesce(measures.daily_value, 0)
        end as daily_value,
        case
            when days.measure = 'revenue'
                then
                    cast(measures.daily_value as double)
                    / cast(orders.daily_value as double)
        end as order_value

    from days

    left join measures
        on days.property = measures.property
        and days.measure = measures.measure
        and days.channel = measures.channel
        and days.report_date = measures.report_date

    left join totals
        on days.property = totals.property
        and days.measure = totals.measure
        and days.report_date = totals.report_date

    left join totals as orders
        on days.property = orders.property
        and days.report_date = orders.report_date
        and orders.measure = 'conversions'

),

counted as (

    select
        *,
        case
            when measure = 'revenue'
                then
                    nullif(
                        median(order_value) over (
                            partition by property, measure, channel
                            order by report_date
                            rows between 56 preceding and 1 preceding
                        ),
                        0
                    )
            else 1.0
        end as unit_value

    from filled

),

evened as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date,

        -- attributes
        weekday,

        -- measures
        daily_value,
        unit_value,
        round({{ evened('cast(daily_value as double) / unit_value') }}, 12)
            as evened_value

    from counted

)

select * from evened
