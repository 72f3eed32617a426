-- Are conversions stable over time, day by day?
--
-- One row per property and day from the first conversion to the last, days without a
-- conversion included. Conversions that do not count (see fct_conversions.is_counted)
-- are left out.
-- conversion_status and revenue_status are `spike` where the day lies further from the
-- median of its weekday than var spike_deviations median absolute deviations, `missing`
-- where nothing came in, else `ordinary`. Sessions stand beside: where they spike or
-- miss too, traffic is the reason and not the shop.

with

conversions as (

    select * from {{ ref('fct_conversions') }}
    where is_counted

),

sessions as (

    select * from {{ ref('rpt_sessions_daily') }}

),

findings as (

    select * from {{ ref('fct_data_quality_findings') }}
    where check_name in ('daily_spike', 'missing_day')

),

-- the key of a day found is `measure|day`
days_found as (

    select
        property,
        split_part(finding_key, '|', 1) as measure,
        cast(split_part(finding_key, '|', 2) as date) as report_date,
        case check_name when 'daily_spike' then 'spike' else 'missing' end as status

    from findings

),

days_judged as (

    select
        property,
        report_date,
        max(case when measure = 'conversions' then status end) as conversion_status,
        max(case when measure = 'revenue' then status end) as revenue_status

    from days_found

    group by property, report_date

),

conversion_days as (

    select
        property,
        conversion_date as report_date,
        count(*) as conversion_count,
        sum(revenue) as revenue

    from conversions

    group by property, conversion_date

),

missing_days as (

    select
        property,
        report_date,
        cast(null as bigint) as conversion_count,
        cast(null as decimal(18, 2)) as revenue

    from days_found

    where measure = 'conversions' and status = 'missing'

),

days as (

    select * from conversion_days
    union all
    select * from missing_days

),

session_days as (

    select
        property,
        session_date as report_date,
        sum(session_count) as session_count

    from sessions

    group by property, session_date

),

-- a missing day is null here and moves no median
days_compared as (

    select
        *,
        median(conversion_count) over (
            partition by property, {{ weekday('report_date') }}
        ) as conversion_count_weekday_median,
        median(cast(revenue as double)) over (
            partition by property, {{ weekday('report_date') }}
        ) as revenue_weekday_median

    from days

),

final as (

    select
        -- keys
        days_compared.property,
        days_compared.report_date,

        -- attributes
        dayname(days_compared.report_date) as weekday_name,
        coalesce(days_judged.conversion_status, 'ordinary') as conversion_status,
        coalesce(days_judged.revenue_status, 'ordinary') as revenue_status,

        -- measures
        coalesce(session_days.session_count, 0) as session_count,
        coalesce(days_compared.conversion_count, 0) as conversion_count,
        days_compared.conversion_count_weekday_median,
        coalesce(days_compared.revenue, 0) as revenue,
        round(days_compared.revenue_weekday_median, 9) as revenue_weekday_median,
        {{ ratio('days_compared.revenue', 'days_compared.conversion_count') }}
            as average_order_value

    from days_compared

    left join days_judged
        on days_compared.property = days_judged.property
        and days_compared.report_date = days_judged.report_date

    left join session_days
        on days_compared.property = session_days.property
        and days_compared.report_date = session_days.report_date

)

select * from final
order by property, report_date
