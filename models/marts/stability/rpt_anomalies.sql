with

breaks as (

    select * from {{ ref('int_daily_breaks') }}

),

-- the days after a shift lie as far from the old level, until theirs is the usual one
followed as (

    select
        *,
        coalesce(max(shift_sign) over week_before, 0) > 0 as is_after_rise,
        coalesce(min(shift_sign) over week_before, 0) < 0 as is_after_fall

    from breaks

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
            -- orders without revenue are silent, too, and no channel
            when
                shift_sign < 0
                and not is_after_fall
                and is_silent
                and channel != '(all)'
                then 'vanished_channel'
            when shift_sign > 0 and not is_after_rise then 'level_shift'
            when shift_sign < 0 and not is_after_fall then 'level_shift'
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
