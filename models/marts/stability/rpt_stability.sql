with

daily_measures as (

    select * from {{ ref('int_daily_measures_flagged') }}

),

summarised as (

    select
        property,
        measure,
        channel,
        count(daily_value) as day_count,
        sum(daily_value) as total_value,
        stddev_samp(level) / nullif(avg(level), 0) as variation,
        sum(case when is_spike then 1 else 0 end) as spike_days,
        sum(case when is_missing then 1 else 0 end) as missing_days

    from daily_measures

    group by property, measure, channel

),

final as (

    select
        -- keys
        property,
        measure,
        channel,

        -- attributes
        case
            when variation > {{ var('max_daily_variation') }} then 'unstable'
            when spike_days > 0 then 'spikes'
            when missing_days > 0 then 'missing_days'
            else 'stable'
        end as status,

        -- measures
        day_count,
        {{ ratio('total_value', 'day_count') }} as mean_daily,
        round(variation, 9) as cv,
        cast(spike_days as bigint) as spike_days,
        cast(missing_days as bigint) as missing_days

    from summarised

)

select * from final
