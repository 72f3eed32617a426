with

daily_measures as (

    select * from {{ ref('int_daily_measures_flagged') }}

),

anomalies as (

    select
        *,
        row_number() over (
            partition by property, measure, channel
            order by anomaly_date desc
        ) as days_back

    from {{ ref('rpt_anomalies') }}

),

summarised as (

    select
        property,
        measure,
        channel,
        count(daily_value) as day_count,
        sum(daily_value) as total_value,
        -- the last digits of a double depend on the order in which days are added
        round(stddev_samp(level) / nullif(avg(level), 0), 9) as cv,
        sum(case when is_spike then 1 else 0 end) as spike_days,
        sum(case when is_missing then 1 else 0 end) as missing_days

    from daily_measures

    group by property, measure, channel

),

broken as (

    select
        property,
        measure,
        channel,
        sum(case when kind = 'missing_day' then 1 else 0 end) as missing_day_breaks,
        sum(case when kind = 'spike' then 1 else 0 end) as spike_breaks,
        sum(case when kind = 'level_shift' then 1 else 0 end) as level_shift_breaks,
        sum(case when kind = 'vanished_channel' then 1 else 0 end)
            as vanished_channel_breaks,
        max(anomaly_date) as last_break_date,
        max(case when days_back = 1 then kind end) as last_break_kind

    from anomalies

    group by property, measure, channel

),

final as (

    select
        -- keys
        summarised.property,
        summarised.measure,
        summarised.channel,

        -- attributes
        case
            when summarised.cv > {{ var('max_daily_variation') }} then 'unstable'
            when summarised.spike_days > 0 then 'spikes'
            when summarised.missing_days > 0 then 'missing_days'
            else 'stable'
        end as status,
        broken.last_break_kind,
        broken.last_break_date,

        -- measures
        summarised.day_count,
        {{ ratio('summarised.total_value', 'summarised.day_count') }} as mean_daily,
        summarised.cv,
        cast(summarised.spike_days as bigint) as spike_days,
        cast(summarised.missing_days as bigint) as missing_days,
        cast(coalesce(broken.missing_day_breaks, 0) as bigint) as missing_day_breaks,
        cast(coalesce(broken.spike_breaks, 0) as bigint) as spike_breaks,
        cast(coalesce(broken.level_shift_breaks, 0) as bigint) as level_shift_breaks,
        cast(coalesce(broken.vanished_channel_breaks, 0) as bigint)
            as vanished_channel_breaks

    from summarised

    left join broken
        on summarised.property = broken.property
        and summarised.measure = broken.measure
        and summarised.channel = broken.channel

)

select * from final
