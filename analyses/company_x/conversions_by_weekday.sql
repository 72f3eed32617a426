-- Are conversions stable from weekday to weekday?
--
-- One row per property and weekday, `(all)` days together first.
-- cv is the coefficient of variation of the daily conversions (sample standard
-- deviation / mean) over the days with any: small beside that of `(all)` means that the
-- weekday explains what varies. spike_days and missing_days are counted as in
-- conversions_by_day. status judges the whole series: `unstable` where cv exceeds var
-- max_daily_variation, else `spikes`, `missing_days` or `stable`.

with

conversions as (

    select * from {{ ref('fct_conversions') }}
    where is_counted

),

stability as (

    select * from {{ ref('rpt_stability') }}
    where measure = 'conversions' and channel = '(all)'

),

findings as (

    select * from {{ ref('fct_data_quality_findings') }}
    where
        check_name in ('daily_spike', 'missing_day')
        and split_part(finding_key, '|', 1) = 'conversions'

),

conversion_days as (

    select
        property,
        conversion_date as report_date,
        count(*) as conversion_count,
        sum(revenue) as revenue,
        0 as spike_days,
        0 as missing_days

    from conversions

    group by property, conversion_date

),

-- the key of a day found is `measure|day`
days_found as (

    select
        property,
        cast(split_part(finding_key, '|', 2) as date) as report_date,
        cast(null as bigint) as conversion_count,
        cast(null as decimal(18, 2)) as revenue,
        case when check_name = 'daily_spike' then 1 else 0 end as spike_days,
        case when check_name = 'missing_day' then 1 else 0 end as missing_days

    from findings

),

days as (

    select * from conversion_days
    union all
    select * from days_found

),

days_named as (

    select
        *,
        {{ weekday('report_date') }} as weekday_number,
        dayname(report_date) as weekday_name

    from days

),

weekdays as (

    select
        property,
        weekday_number,
        case when grouping(weekday_number) = 1 then '(all)' else max(weekday_name) end
            as weekday_name,
        count(conversion_count) as day_count,
        sum(conversion_count) as conversion_count,
        min(conversion_count) as lowest_daily,
        median(conversion_count) as median_daily,
        max(conversion_count) as highest_daily,
        avg(conversion_count) as average_daily,
        stddev_samp(conversion_count) as standard_deviation,
        sum(spike_days) as spike_days,
        sum(missing_days) as missing_days,
        sum(revenue) as revenue

    from days_named

    group by property, rollup(weekday_number)

),

final as (

    select
        -- keys
        weekdays.property,
        weekdays.weekday_number,
        weekdays.weekday_name,

        -- attributes
        stability.status,

        -- measures
        weekdays.day_count,
        weekdays.conversion_count,
        {{ ratio('weekdays.conversion_count', 'weekdays.day_count') }} as mean_daily,
        weekdays.lowest_daily,
        weekdays.median_daily,
        weekdays.highest_daily,
        {{ ratio('weekdays.standard_deviation', 'weekdays.average_daily') }} as cv,
        weekdays.spike_days,
        weekdays.missing_days,
        weekdays.revenue,
        {{ ratio('weekdays.revenue', 'weekdays.conversion_count') }}
            as average_order_value

    from weekdays

    left join stability
        on weekdays.property = stability.property
        and weekdays.weekday_name = '(all)'

)

select * from final
order by property, weekday_number nulls first
