{#
    How far each day, and the three days that begin with it, lie from what was expected,
    and how far days usually do: the median absolute deviation of the eight weeks before,
    as a standard deviation (times 1.4826), at least what chance alone does. No day after
    the third is looked at.
#}

with

expectations as (

    select * from {{ ref('int_daily_expectations') }}

),

totals as (

    select * from expectations
    where channel = '(all)'

),

-- on a day on which all others have more or less than usual, a channel stands out by
-- what it differs from them
compared as (

    select
        expectations.*,
        expectations.evened_value
        - {{ evened('expectations.expected_count') }} as deviation,
        expectations.evened_value - {{ evened(
            'expectations.expected_count * '
            ~ '(totals.daily_value - expectations.daily_value) / '
            ~ 'nullif(greatest(totals.expected_count - expectations.expected_count, 0), 0)'
        ) }} as deviation_from_rest

    from expectations

    left join totals
        on expectations.property = totals.property
        and expectations.measure = totals.measure
        and expectations.report_date = totals.report_date

),

judged as (

    select
        *,
        case
            when channel = '(all)' or deviation_from_rest is null then deviation
            when sign(deviation) != sign(deviation_from_rest) then 0
            when abs(deviation_from_rest) < abs(deviation) then deviation_from_rest
            else deviation
        end as day_deviation

    from compared

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

    from judged

    window
        series_days as (
            partition by property, measure, channel
            order by report_date
        )

),

shifted as (

    select
        *,
        (day_deviation + second_deviation + third_deviation) / 3 as shift_deviation

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
        round({{ evened('0') }} - {{ evened('expected_count') }}, 9)
            as absence_deviation,
        round(day_deviation, 9) as day_deviation,
        round(second_deviation, 9) as second_deviation,
        round(third_deviation, 9) as third_deviation,
        round(shift_deviation, 9) as shift_deviation,
        count(deviation) over days_before as learned_days,
        round(
            greatest(1, 1.4826 * median(abs(deviation)) over days_before), 9
        ) as day_spread,
        round(
            greatest(0.6, 1.4826 * median(abs(mean_deviation)) over shifts_before), 9
        ) as shift_spread

    from shifted

    window
        days_before as (
            partition by property, measure, channel
            order by report_date
            rows between 56 preceding and 1 preceding
        ),
        -- that of three days before is the last that holds no later day
        shifts_before as (
            partition by property, measure, channel
            order by report_date
            rows between 58 preceding and 3 preceding
        )

)

select * from spread
