-- Which markets bring sessions, conversions and revenue?
--
-- One row per property and market, `(all)` together first, then by revenue.
-- Revenue is in the currency the market books in: where is_on_another_scale is true its
-- orders are so much larger or smaller than elsewhere that it is probably another
-- currency, and its share of revenue means nothing. user_count counts everybody once;
-- somebody seen in two markets counts in both and once in `(all)`.

with

sessions as (

    select
        *,
        coalesce(market, '(unknown)') as known_market
    from {{ ref('fct_sessions') }}

),

conversions as (

    select
        *,
        coalesce(market, '(unknown)') as known_market
    from {{ ref('fct_conversions') }}
    where is_counted

),

findings as (

    select * from {{ ref('fct_data_quality_findings') }}
    where check_name = 'market_on_another_scale'

),

session_markets as (

    select
        property,
        coalesce(known_market, '(all)') as market,
        count(*) as session_count,
        count(distinct user_id) as user_count

    from sessions

    group by property, rollup(known_market)

),

conversion_markets as (

    select
        property,
        coalesce(known_market, '(all)') as market,
        count(*) as conversion_count,
        sum(revenue) as revenue

    from conversions

    group by property, rollup(known_market)

),

markets as (

    select
        coalesce(session_markets.property, conversion_markets.property) as property,
        coalesce(session_markets.market, conversion_markets.market) as market,
        coalesce(session_markets.session_count, 0) as session_count,
        coalesce(session_markets.user_count, 0) as user_count,
        coalesce(conversion_markets.conversion_count, 0) as conversion_count,
        coalesce(conversion_markets.revenue, 0) as revenue

    from session_markets

    full join conversion_markets
        on session_markets.property = conversion_markets.property
        and session_markets.market = conversion_markets.market

),

totals as (

    select * from markets
    where market = '(all)'

),

final as (

    select
        -- keys
        markets.property,
        markets.market,

        -- attributes
        findings.finding_key is not null as is_on_another_scale,

        -- measures
        markets.session_count,
        {{ ratio('markets.session_count', 'totals.session_count') }} as session_share,
        markets.user_count,
        markets.conversion_count,
        {{ ratio('markets.conversion_count', 'totals.conversion_count') }}
            as conversion_share,
        markets.revenue,
        {{ ratio('markets.revenue', 'totals.revenue') }} as revenue_share,
        {{ ratio('markets.revenue', 'markets.conversion_count') }}
            as average_order_value,
        {{ ratio('markets.conversion_count', 'markets.session_count') }}
            as conversion_rate

    from markets

    inner join totals
        on markets.property = totals.property

    left join findings
        on markets.property = findings.property
        and markets.market = findings.finding_key

)

select * from final
order by
    property asc,
    case when market = '(all)' then 0 else 1 end asc,
    revenue desc,
    market asc
