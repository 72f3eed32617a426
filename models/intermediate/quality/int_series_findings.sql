{#
    Days, users and markets that stand out from the rest.
#}

with

daily_measures as (

    select * from {{ ref('int_daily_measures_flagged') }}
    where channel = '(all)'

),

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

spikes as (

    select
        property,
        'daily_spike' as check_name,
        measure || '|' || cast(report_date as {{ dbt.type_string() }}) as finding_key,
        1 as row_count,
        daily_value as amount

    from daily_measures

    where is_spike

),

missing_days as (

    select
        property,
        'missing_day' as check_name,
        measure || '|' || cast(report_date as {{ dbt.type_string() }}) as finding_key,
        1 as row_count,
        0 as amount

    from daily_measures

    where is_missing

),

busy_users as (

    select
        property,
        'user_with_many_conversions' as check_name,
        user_id as finding_key,
        count(*) as row_count,
        sum(revenue) as amount

    from conversions

    where user_id is not null

    group by property, user_id

    having count(*) > {{ var('max_conversions_per_user') }}

),

-- a handful of orders is no scale
market_scales as (

    select
        property,
        market,
        count(*) as conversion_count,
        sum(revenue) as revenue,
        median(cast(revenue as double)) as median_revenue

    from conversions

    where market is not null and revenue > 0

    group by property, market

    having count(*) >= 10

),

markets_compared as (

    select
        market_scales.property,
        market_scales.market,
        market_scales.conversion_count,
        market_scales.revenue,
        market_scales.median_revenue,
        median(others.median_revenue) as others_median

    from market_scales

    inner join market_scales as others
        on market_scales.property = others.property
        and market_scales.market != others.market

    group by
        market_scales.property,
        market_scales.market,
        market_scales.conversion_count,
        market_scales.revenue,
        market_scales.median_revenue

),

odd_markets as (

    select
        property,
        'market_on_another_scale' as check_name,
        market as finding_key,
        conversion_count as row_count,
        revenue as amount

    from markets_compared

    -- to nine places: five times 0.09 is 0.45
    where
        median_revenue > round({{ var('max_market_scale') }} * others_median, 9)
        or round({{ var('max_market_scale') }} * median_revenue, 9) < others_median

),

findings as (

    select * from spikes
    union all
    select * from missing_days
    union all
    select * from busy_users
    union all
    select * from odd_markets

),

final as (

    select
        property,
        check_name,
        finding_key,
        row_count,
        cast(amount as decimal(38, 6)) as amount

    from findings

)

select * from final
