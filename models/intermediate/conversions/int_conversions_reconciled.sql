{#
    What differs between tracking and books, conversion by conversion, in the properties
    that have both. What only one side has cannot differ, and a side that never names a
    market or a user has not disagreed on it.
#}

with

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_refund is not true

),

-- there is nothing to reconcile where one of the two sides does not exist
two_sided_properties as (

    select property
    from {{ ref('int_properties') }}
    where has_tracking and has_backend

),

-- conversions are named here again: a step that a view reads twice is held, and with
-- it all columns
named_parts as (

    select
        property,
        count(tracked_user_id) > 0 and count(backend_user_id) > 0
            as has_users_on_both_sides,
        count(tracked_market) > 0 and count(backend_market) > 0
            as has_markets_on_both_sides

    from {{ ref('int_conversions') }}

    where is_refund is not true

    group by property

),

compared as (

    select
        conversions.*,
        named_parts.has_users_on_both_sides,
        named_parts.has_markets_on_both_sides,
        not conversions.is_tracked as is_missing_in_tracking,
        not conversions.is_in_backend and not conversions.is_awaiting_backend
            as is_missing_in_backend,
        conversions.is_tracked and conversions.is_in_backend as is_on_both_sides

    from conversions

    inner join two_sided_properties
        on conversions.property = two_sided_properties.property

    inner join named_parts
        on conversions.property = named_parts.property

),

flagged as (

    select
        *,
        is_on_both_sides and tracked_revenue != backend_revenue as is_revenue_different,
        is_on_both_sides
        and has_users_on_both_sides
        and (tracked_user_id is distinct from backend_user_id) as is_user_different,
        is_on_both_sides and tracked_date != backend_date as is_date_different,
        is_on_both_sides
        and has_markets_on_both_sides
        and (tracked_market is distinct from backend_market) as is_market_different

    from compared

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
        case
            when is_awaiting_backend then 'awaiting_backend'
            when is_missing_in_tracking then 'missing_in_tracking'
            when is_missing_in_backend then 'missing_in_backend'
            when is_duplicate_in_tracking then 'duplicate_in_tracking'
            when is_revenue_different then 'revenue_differs'
            when is_user_different then 'user_differs'
            when is_date_different then 'date_differs'
            when is_market_different then 'market_differs'
            else 'matched'
        end as status,
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
        coalesce(backend_revenue, 0) - coalesce(tracked_revenue, 0) as revenue_gap

    from flagged

)

select * from final
