{#
    Each day of each series between its first and its last, with what is odd about it: a
    spike, or no rows at all.
#}

with

measures as (

    select * from {{ ref('int_daily_measures') }}

),

ranges as (

    select
        property,
        measure,
        channel,
        min(report_date) as first_date,
        max(report_date) as last_date

    from measures

    group by property, measure, channel

),

days as (

    select
        property,
        measure,
        channel,
        {{ days_in_range('first_date', 'last_date') }} as report_date

    from ranges

),

filled as (

    select
        days.property,
        days.measure,
        days.channel,
        days.report_date,
        {{ weekday('days.report_date') }} as weekday,
        measures.daily_value,
        measures.level,
        measures.daily_value is null as is_missing

    from days

    left join measures
        on days.property = measures.property
        and days.measure = measures.measure
        and days.channel = measures.channel
        and days.report_date = measures.report_date

),

centred as (

    select
        *,
        median(level) over (partition by property, measure, channel, weekday)
            as weekday_median

    from filled

),

-- the median absolute deviation of the weekday, which one odd day cannot move
deviations as (

    select
        *,
        abs(level - weekday_median) as deviation,
        median(abs(level - weekday_median)) over (
            partition by property, measure, channel, weekday
        ) as weekday_deviation

    from centred

),

flagged as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date,

        -- attributes
        is_missing,
        -- to nine places: 0.25 is as far from 0.125 as five times 0.125 - 0.1
        coalesce(
            round(deviation, 9)
            > round({{ var('spike_deviations') }} * weekday_deviation, 9),
            false
        ) as is_spike,

        -- measures
        daily_value,
        level

    from deviations

)

select * from flagged
