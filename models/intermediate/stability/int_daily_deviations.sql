{#
    How far each day, and the three days that begin with it, lie from what was expected,
    and how far days usually do: the median absolute deviation of the thirteen weeks
    before, as a standard deviation (times 1.4826). It is never taken for less
    than chance alone gives, by what was expected as of the day, nor for less than an
    eighth of that, since nobody acts on less. Of later days only the next two are read.
#}

with

comparisons as (

    select * from {{ ref('int_daily_comparisons') }}

),

three_days as (

    select
        *,
        lead(day_deviation, 1) over series_days as second_deviation,
        lead(day_deviation, 2) over series_days as third_deviation,
        (
            deviation
            + lead(deviation, 1) over series_days
            + lead(deviation, 2) over series_days
        ) / 3 as mean_deviation

    from comparisons

    window
        series_days as (
            partition by property, measure, channel
            order by report_date
        )

),

shifted as (

    select
        *,
        (day_deviation + second_deviation + third_deviation) / 3 as shift_deviation,
        {{ evened('expected_count') }} as evened_expectation,
        -- an eighth more than expected, on the scale of int_daily_series
        0.125 * sqrt(expected_count) as least_spread

    from three_days

),

spread as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date,

        -- measures
        daily_value,
        round(expected_count * unit_value, 9) as expected_value,
        round({{ evened('0') }} - evened_expectation, 9) as absence_deviation,
        round(day_deviation, 9) as day_deviation,
        round(second_deviation, 9) as second_deviation,
        round(third_deviation, 9) as third_deviation,
        round(shift_deviation, 9) as shift_deviation,
        -- units a day before the shift or after it, whichever is more
        round(
            greatest(
                expected_count,
                {{ count_of_evened('(evened_expectation + shift_deviation)') }}
            ),
            9
        ) as shift_count,
        count(deviation) over days_before as learned_days,
        round(
            greatest(
                1.1, least_spread, 1.4826 * median(abs(deviation)) over days_before
            ),
            9
        ) as day_spread,
        round(
            greatest(
                0.65,
                least_spread,
                1.4826 * median(abs(mean_deviation)) over shifts_before
            ),
            9
        ) as shift_spread

    from shifted

    window
        days_before as (
            partition by property, measure, channel
            order by report_date
            rows between 91 preceding and 1 preceding
        ),
        -- that of three days before is the last that holds no later day
        shifts_before as (
            partition by property, measure, channel
            order by report_date
            rows between 93 preceding and 3 preceding
        )

)

select * from spread
