-- Which segments do customers fall into, and what does each bring?
--
-- One row per property and segment, `(all)` together first, then from those who still
-- buy to those who do not. The first that holds: visitor (never bought), lost (last
-- purchase more than var lost_days ago), lapsing (more than lapsing_days), best (at
-- least best_min_conversions purchases, and as much net revenue as
-- best_value_quantile of the buyers at most bring), new (first purchase at most
-- new_days ago), repeat (two purchases or more), one_time.
-- net_revenue is less what was paid back. days_since_purchase is the median of the
-- segment, to var as_of, or else the last day of the data. Who orders most may be a
-- reseller or a test: check user_with_many_conversions says who.

with

users as (

    select * from {{ ref('dim_users') }}

),

segments as (

    select
        property,
        coalesce(segment, '(all)') as segment,
        count(*) as user_count,
        count(*) filter (where conversion_count > 0) as buyer_count,
        sum(session_count) as session_count,
        sum(conversion_count) as order_count,
        sum(net_revenue) as net_revenue,
        median(recency_days) as days_since_purchase

    from users

    group by property, rollup(segment)

),

totals as (

    select * from segments
    where segment = '(all)'

),

final as (

    select
        -- keys
        segments.property,
        segments.segment,

        -- measures
        segments.user_count,
        {{ ratio('segments.user_count', 'totals.user_count') }} as user_share,
        segments.buyer_count,
        {{ ratio('segments.buyer_count', 'totals.buyer_count') }} as buyer_share,
        {{ ratio('segments.session_count', 'segments.user_count') }}
            as sessions_per_user,
        segments.order_count,
        {{ ratio('segments.order_count', 'segments.buyer_count') }}
            as orders_per_buyer,
        segments.net_revenue,
        {{ ratio('segments.net_revenue', 'totals.net_revenue') }} as net_revenue_share,
        {{ ratio('segments.net_revenue', 'segments.buyer_count') }}
            as net_revenue_per_buyer,
        round(segments.days_since_purchase, 9) as days_since_purchase

    from segments

    inner join totals
        on segments.property = totals.property

)

select * from final
order by
    property asc,
    case segment
        when '(all)' then 0
        when 'best' then 1
        when 'repeat' then 2
        when 'new' then 3
        when 'one_time' then 4
        when 'lapsing' then 5
        when 'lost' then 6
        else 7
    end asc
