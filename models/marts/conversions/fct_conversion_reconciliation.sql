with

reconciled as (

    select * from {{ ref('int_conversions_reconciled') }}

),

final as (

    select
        -- keys
        property,
        conversion_id,

        -- timestamps
        conversion_date,
        tracked_date,
        backend_date,

        -- attributes
        status,
        market,
        tracked_market,
        backend_market,
        tracked_user_id,
        backend_user_id,
        is_missing_in_tracking,
        is_missing_in_backend,
        is_awaiting_backend,
        is_duplicate_in_tracking,
        is_revenue_different,
        is_date_different,
        is_user_different,
        is_market_different,

        -- measures
        tracked_revenue,
        backend_revenue,
        cast(revenue_gap as decimal(18, 2)) as revenue_gap

    from reconciled

)

select * from final
