with

reconciliation as (

    select
        *,
        coalesce(market, '(unknown)') as known_market
    from {{ ref('fct_conversion_reconciliation') }}

),

final as (

    select
        -- keys
        property,
        conversion_date,
        known_market as market,

        -- measures
        count(*) as conversion_count,
        count(tracked_revenue) as tracked_count,
        count(backend_revenue) as backend_count,
        cast(sum(case when status = 'matched' then 1 else 0 end) as bigint)
            as matched_count,
        cast(sum(case when is_awaiting_backend then 1 else 0 end) as bigint)
            as awaiting_count,
        cast(coalesce(sum(tracked_revenue), 0) as decimal(18, 2)) as tracked_revenue,
        cast(coalesce(sum(backend_revenue), 0) as decimal(18, 2)) as backend_revenue,
        cast(sum(revenue_gap) as decimal(18, 2)) as revenue_gap,
        cast(
            sum(case when is_awaiting_backend then revenue_gap else 0 end)
            as decimal(18, 2)
        ) as awaiting_gap

    from reconciliation

    group by property, conversion_date, known_market

)

select * from final
