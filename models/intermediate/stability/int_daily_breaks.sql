{#
    Whether a day, or the three that begin with it, lie too far off. The day on which a
    shift begins is told from the same three days: their first, or the second if the first
    lies off by less than three quarters of their mean.
#}

with

scores as (

    select * from {{ ref('int_daily_scores') }}

),

-- no single day of the three may make their mean: that is a spike; and of fewer than
-- ten a day chance is too uneven to tell a shift
shifted as (

    select
        *,
        day_deviation / shift_deviation >= 0.75 as is_first_day,
        lead(daily_value, 1) over series_days = 0
        and lead(daily_value, 2) over series_days = 0 as is_silent_after,
        case
            when shift_count < 10 then 0
            when abs(shift_score) < shift_bar then 0
            when
                greatest(
                    day_deviation / shift_deviation,
                    second_deviation / shift_deviation,
                    third_deviation / shift_deviation
                ) > 1.7
                then 0
            else sign(shift_score)
        end as window_sign

    from scores

    window
        series_days as (
            partition by property, measure, channel
            order by report_date
        )

),

begun as (

    select
        *,
        window_sign != 0 and is_first_day as is_begun,
        lag(case when is_first_day then 0 else window_sign end) over series_days
            as sign_before,
        lag(shift_score) over series_days as score_before,
        lag(is_silent_after) over series_days as is_silent

    from shifted

    window
        series_days as (
            partition by property, measure, channel
            order by report_date
        )

),

breaks as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date,

        -- attributes
        is_absent_day,
        case
            when is_begun then daily_value = 0 and is_silent_after
            else coalesce(is_silent, false)
        end as is_silent,

        -- measures
        daily_value,
        expected_value,
        case
            when abs(day_score) < day_bar then 0
            else sign(day_score)
        end as day_sign,
        day_score,
        case when is_begun then window_sign else coalesce(sign_before, 0) end
            as shift_sign,
        case when is_begun then shift_score else score_before end as shift_score

    from begun

)

select * from breaks
