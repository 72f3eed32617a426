with

-- a channel that is not there on a day without any visits is not missing by itself
days as (

    select
        *,
        daily_value is null and channel = '(all)' as is_absent_day

    from {{ ref('int_daily_deviations') }}

),

-- the fewer days have taught what is usual, the further off a day must lie
scored as (

    select
        *,
        {{ var('anomaly_deviations') }} * (1 + 5.0 / learned_days) as bar,
        case when is_absent_day then absence_deviation else day_deviation end
        / day_spread as day_score,
        shift_deviation / shift_spread as shift_score

    from days

    where learned_days >= 4

),

-- a level has shifted if each of the three days lies off by half of their mean
flagged as (

    select
        *,
        case
            when abs(shift_score) < bar then 0
            when
                least(
                    day_deviation / shift_deviation,
                    second_deviation / shift_deviation,
                    third_deviation / shift_deviation
                ) < 0.5
                then 0
            else sign(shift_deviation)
        end as shift_sign,
        case when abs(day_score) < bar then 0 else sign(day_score) end as day_sign,
        daily_value = 0
        and lead(daily_value, 1) over series_days = 0
        and lead(daily_value, 2) over series_days = 0 as is_silent

    from scored

    window
        series_days as (
            partition by property, measure, channel
            order by report_date
        )

),

-- the days after a shift lie as far from the old level, until theirs is the usual one
followed as (

    select
        *,
        coalesce(max(shift_sign) over week_before, 0) > 0 as is_after_rise,
        coalesce(min(shift_sign) over week_before, 0) < 0 as is_after_fall

    from flagged

    window
        week_before as (
            partition by property, measure, channel
            order by report_date
            rows between 6 preceding and 1 preceding
        )

),

named as (

    select
        *,
        case
            when is_absent_day and day_sign < 0 then 'missing_day'
            when shift_sign < 0 and not is_after_fall and is_silent
                then 'vanished_channel'
            when shift_sign > 0 and not is_after_rise then 'level_shift'
            when shift_sign < 0 and not is_after_fall then 'level_shift'
            when shift_sign != 0 then null
            when day_sign > 0 and not is_after_rise then 'spike'
            when day_sign < 0 and not is_after_fall then 'spike'
        end as kind

    from followed

),

final as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date as anomaly_date,

        -- attributes
        kind,

        -- measures
        cast(coalesce(daily_value, 0) as decimal(18, 2)) as daily_value,
        expected_value,
        round(
            case
                when kind in ('spike', 'missing_day') then day_score
                else shift_score
            end,
            9
        ) as deviations

    from named

    where kind is not null

)

select * from final
