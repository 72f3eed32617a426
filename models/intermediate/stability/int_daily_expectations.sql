{#
    What each day was to bring, told from the days before it alone: the median of the last
    two weeks, freed of what weekdays do, and the median of what its own weekday did to
    the last thirteen weeks. Up to half of those days may be odd and move neither.
#}

with

series as (

    select * from {{ ref('int_daily_series') }}

),

weeks as (

    select
        *,
        evened_value - median(evened_value) over (
            partition by property, measure, channel
            order by report_date
            rows between 6 preceding and current row
        ) as weekday_deviation

    from series

),

weekdays as (

    select
        *,
        evened_value - median(weekday_deviation) over same_weekdays as freed_value,
        median(weekday_deviation) over same_weekdays as weekday_effect

    from weeks

    window
        same_weekdays as (
            partition by property, measure, channel, weekday
            order by report_date
            rows between 13 preceding and 1 preceding
        )

),

levels as (

    select
        *,
        median(freed_value) over last_fortnight as level_before,
        count(freed_value) over last_fortnight as level_day_count

    from weekdays

    window
        last_fortnight as (
            partition by property, measure, channel
            order by report_date
            rows between 14 preceding and 1 preceding
        )

),

-- three days of the fortnight must say what the level is
expected as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date,

        -- measures
        daily_value,
        unit_value,
        evened_value,
        case
            when level_day_count >= 3
                then
                    round(
                        {{ count_of_evened('(level_before + weekday_effect)') }}, 9
                    )
        end as expected_count

    from levels

)

select * from expected
