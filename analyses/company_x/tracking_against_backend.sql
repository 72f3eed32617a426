-- What differs between tracking and backend: how many, how much, which market?
--
-- One row per property, market and status; `(all)` is the total over markets, statuses
-- or both, and comes first. A property without a backend, or without tracking, has no
-- row.
-- Each conversion has one status, the first difference that holds, so that statuses add
-- up. revenue_gap is backend less tracked revenue, an absent side being 0: above 0
-- tracking saw too little. What is awaiting_backend is in the gap of `(all)` until the
-- backend is loaded again. The market is the backend's where it has one.

with

reconciliation as (

    select
        *,
        coalesce(market, '(unknown)') as known_market
    from {{ ref('fct_conversion_reconciliation') }}

),

checks as (

    select * from {{ ref('rpt_data_quality') }}

),

differences as (

    select
        property,
        case when grouping(known_market) = 1 then '(all)' else known_market end
            as market,
        case when grouping(status) = 1 then '(all)' else status end as status,
        count(*) as conversion_count,
        count(tracked_revenue) as tracked_count,
        count(backend_revenue) as backend_count,
        coalesce(sum(tracked_revenue), 0) as tracked_revenue,
        coalesce(sum(backend_revenue), 0) as backend_revenue,
        sum(revenue_gap) as revenue_gap

    from reconciliation

    group by property, cube(known_market, status)

),

final as (

    select
        -- keys
        differences.property,
        differences.market,
        differences.status,

        -- measures
        differences.conversion_count,
        differences.tracked_count,
        differences.backend_count,
        differences.tracked_revenue,
        differences.backend_revenue,
        differences.revenue_gap,
        {{ ratio('differences.revenue_gap', 'differences.backend_revenue') }}
            as gap_share,

        -- in words
        checks.explanation

    from differences

    -- the checks of what one side lacks are named after the conversion
    left join checks
        on differences.property = checks.property
        and checks.check_name in (
            differences.status, 'conversion_' || differences.status
        )

)

select * from final
order by
    property asc,
    case when market = '(all)' then 0 else 1 end asc,
    market asc,
    case status when '(all)' then 0 when 'matched' then 2 else 1 end asc,
    abs(revenue_gap) desc,
    status asc
