with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}
    where is_counted

),

session_months as (

    select
        property,
        cast(date_trunc('month', session_date) as date) as report_month,
        coalesce(market, '(unknown)') as market,
        count(*) as session_count,
        count(distinct user_id) as user_count

    from sessions

    group by
        property,
        cast(date_trunc('month', session_date) as date),
        coalesce(market, '(unknown)')

),

conversion_months as (

    select
        property,
        cast(date_trunc('month', conversion_date) as date) as report_month,
        coalesce(market, '(unknown)') as market,
        count(*) as conversion_count,
        sum(revenue) as revenue

    from conversions

    group by
        property,
        cast(date_trunc('month', conversion_date) as date),
        coalesce(market, '(unknown)')

),

both_sides as (

    select
        coalesce(session_months.property, conversion_months.property) as property,
        coalesce(session_months.report_month, conversion_months.report_month)
            as report_month,
        coalesce(session_months.market, conversion_months.market) as market,
        coalesce(session_months.session_count, 0) as session_count,
        coalesce(session_months.user_count, 0) as user_count,
        coalesce(conversion_months.conversion_count, 0) as conversion_count,
        coalesce(conversion_months.revenue, 0) as revenue

    from session_months

    full join conversion_months
        on session_months.property = conversion_months.property
        and session_months.report_month = conversion_months.report_month
        and session_months.market = conversion_months.market

),

final as (

    select
        -- keys
        property,
        report_month,
        market,

        -- measures
        session_count,
        user_count,
        conversion_count,
        cast(revenue as decimal(18, 2)) as revenue,
        {{ ratio('revenue', 'conversion_count') }} as average_order_value,
        {{ ratio('conversion_count', 'session_count') }} as conversion_rate

    from both_sides

)

select * from final
