{#
    What each day's sessions led to expect of conversions: the median rate of the eight
    weeks before, and the median of what its own weekday did to the last thirteen. A busy
    day, growth and a season move both, so that a rate can be learned for longer than a
    level.
#}

with

series as (

    select * from {{ ref('int_daily_series') }}

),

sessions as (

    select * from series
    where measure = 'sessions' and channel = '(all)'

),

rated as (

    select
        series.*,
        cast(sessions.daily_value as double) as session_count,
        cast(series.daily_value as double)
        / nullif(cast(sessions.daily_value as double), 0) as conversion_rate

    from series

    inner join sessions
        on series.property = sessions.property
        and series.report_date = sessions.report_date

    where series.measure = 'conversions'

),

usual as (

    select
        *,
        {{ evened('session_count * median(conversion_rate) over eight_weeks') }}
            as usual_value

    from rated

    window
        eight_weeks as (
            partition by property, measure, channel
            order by report_date
            rows between 56 preceding and 1 preceding
        )

),

weekdays as (

    select
        *,
        usual_value + median(evened_value - usual_value) over (
            partition by property, measure, channel, weekday
            order by report_date
            rows between 13 preceding and 1 preceding
        ) as expected_value

    from usual

),

expected as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date,

        -- measures
        round({{ count_of_evened('expected_value') }}, 9) as expected_count

    from weekdays

)

select * from expected
