{#
    How far each day, and the three that begin with it, lie off in standard deviations,
    and the bars beyond which that is a break.
#}

with

-- a channel that is not there on a day without any visits is not missing by itself
days as (

    select
        *,
        daily_value is null and channel = '(all)' as is_absent_day

    from {{ ref('int_daily_deviations') }}

),

-- the fewer days have taught what is usual, the further off a day must lie; single
-- orders are of any size, and so is revenue
cautious as (

    select
        *,
        (1 + 5.0 / learned_days) * case when measure = 'revenue' then 1.2 else 1 end
            as caution,
        greatest(count(*) over (partition by property, report_date), 8)
            as series_count,
        case when is_absent_day then absence_deviation else day_deviation end
        / day_spread as day_score,
        shift_deviation / shift_spread as shift_score

    from days

    where learned_days >= 4

),

-- Of many series chance moves one sooner. As many as exp(-bar * bar / 2) lie beyond a
-- bar, so that its square rises with twice the logarithm of their number (Donoho and
-- Johnstone, 1994); 2.5 times it, for spreads are learned too. On this scale half of a
-- value is less far off than twice of it.
barred as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date,

        -- attributes
        is_absent_day,

        -- measures
        daily_value,
        expected_value,
        day_deviation,
        second_deviation,
        third_deviation,
        shift_deviation,
        shift_count,
        round(day_score, 9) as day_score,
        round(shift_score, 9) as shift_score,
        round(
            caution * sqrt(
                power({{ var('anomaly_deviations') }}, 2) + 2.5 * ln(series_count / 8.0)
            ),
            9
        ) as day_bar,
        round(
            caution * sqrt(
                power(
                    {{ var('shift_deviations') }}
                    * case when shift_score < 0 then 0.8 else 1 end,
                    2
                )
                + 2.5 * ln(series_count / 8.0)
            ),
            9
        ) as shift_bar

    from cautious

)

select * from barred
