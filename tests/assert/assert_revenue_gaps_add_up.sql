-- Each side's staged revenue is what the reconciliation kept of it and what was
-- rejected, but for what exchanging it has changed; and the gaps are the difference of
-- what was kept, in the daily report too.

with

staged_by_table as (

    select
        property,
        'tracked' as side,
        sum(revenue) as revenue
    from {{ ref('stg_company_x__conversions') }}
    group by property

    union all

    select
        property,
        'booked' as side,
        sum(revenue) as revenue
    from {{ ref('stg_company_x__conversions_backend') }}
    group by property

    union all

    -- an order below 0 is a refund, on neither side
    select
        property,
        'tracked' as side,
        sum(revenue) as revenue
    from {{ ref('stg_afisha__orders') }}
    where revenue >= 0
    group by property

    union all

    select
        property,
        'tracked' as side,
        sum(revenue) as revenue
    from {{ ref('stg_vivid_seats__customer_sales') }}
    group by property

    union all

    select
        property,
        'tracked' as side,
        sum(revenue) as revenue
    from {{ ref('stg_contract__conversions') }}
    group by property

    union all

    select
        property,
        'booked' as side,
        sum(revenue) as revenue
    from {{ ref('stg_contract__backend_conversions') }}
    group by property

    union all

    select
        property,
        'tracked' as side,
        sum(revenue) as revenue
    from {{ ref('stg_ga4__events') }}
    group by property

    union all

    select
        property,
        'booked' as side,
        sum(revenue) as revenue
    from {{ ref('stg_shopify__orders') }}
    group by property

),

staged as (

    select
        property,
        side,
        sum(revenue) as revenue

    from staged_by_table

    group by property, side

),

reconciled as (

    select
        property,
        coalesce(sum(tracked_revenue), 0) as tracked_revenue,
        coalesce(sum(backend_revenue), 0) as backend_revenue,
        sum(revenue_gap) as revenue_gap

    from {{ ref('fct_conversion_reconciliation') }}

    group by property

),

kept as (

    select
        property,
        'tracked' as side,
        tracked_revenue as revenue
    from reconciled

    union all

    select
        property,
        'booked' as side,
        backend_revenue as revenue
    from reconciled

),

refused as (

    select
        property,
        raw_table,
        -- Afisha's orders are tracked, Shopify's are booked
        raw_table = 'orders'
        and {{ json_value('raw_row', 'buy_ts') }} is not null as is_afisha_order,
        cast({{ json_value('raw_row', 'revenue') }} as decimal(18, 2)) as revenue

    from {{ ref('fct_rejected_rows') }}

    where
        layer = 'intermediate'
        and raw_table in (
            'conversions',
            'conversions_backend',
            'backend_conversions',
            'customer_sales',
            'events',
            'orders'
        )

),

refused_by_side as (

    select
        property,
        case
            when raw_table in ('conversions', 'customer_sales', 'events')
                then 'tracked'
            when is_afisha_order then 'tracked'
            else 'booked'
        end as side,
        revenue

    from refused

    where not (is_afisha_order and revenue < 0)

),

copies as (

    select
        property,
        side,
        sum(revenue) as revenue

    from refused_by_side

    group by property, side

),

-- what came in another currency counts at what it is worth in the property's
exchanges as (

    select
        property,
        'tracked' as side,
        sum(revenue - raw_revenue) as difference
    from {{ ref('int_tracked_conversions_numbered') }}
    where copy_number = 1
    group by property

    union all

    select
        property,
        'booked' as side,
        sum(revenue - raw_revenue) as difference
    from {{ ref('int_backend_conversions_numbered') }}
    where copy_number = 1
    group by property

),

daily as (

    select
        property,
        sum(revenue_gap) as revenue_gap

    from {{ ref('rpt_reconciliation_daily') }}

    group by property

),

sides as (

    select
        kept.property,
        kept.side as what,
        staged.revenue + coalesce(exchanges.difference, 0) as expected_revenue,
        kept.revenue + coalesce(copies.revenue, 0) as actual_revenue

    from kept

    left join staged
        on kept.property = staged.property
        and kept.side = staged.side

    left join copies
        on kept.property = copies.property
        and kept.side = copies.side

    left join exchanges
        on kept.property = exchanges.property
        and kept.side = exchanges.side

),

gaps as (

    select
        reconciled.property,
        'gap' as what,
        reconciled.backend_revenue - reconciled.tracked_revenue as expected_revenue,
        reconciled.revenue_gap as actual_revenue

    from reconciled

),

daily_gaps as (

    select
        reconciled.property,
        'daily gap' as what,
        reconciled.revenue_gap as expected_revenue,
        daily.revenue_gap as actual_revenue

    from reconciled

    left join daily
        on reconciled.property = daily.property

),

compared as (

    select * from sides
    union all
    select * from gaps
    union all
    select * from daily_gaps

)

select * from compared
where coalesce(expected_revenue, 0) is distinct from actual_revenue
