{#
    Both sides of every conversion, and what counts: the backend's word where there is a
    backend, the tracker's otherwise. A conversion that the tracker saw and the books
    never got keeps its row, at 0.00 and uncounted.
#}

with

tracked as (

    select * from {{ ref('int_tracked_conversions') }}

),

backend as (

    select * from {{ ref('int_backend_conversions') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

-- the books are named here again: a step that a view reads twice is held, and with it
-- all columns of the view
backend_ends as (

    select
        property,
        max(conversion_date) as last_backend_date

    from {{ ref('int_backend_conversions') }}

    group by property

),

-- the key is coalesced from every side: a conversion known to one of them is kept
both_sides as (

    select
        coalesce(tracked.property, backend.property) as property,
        coalesce(tracked.conversion_id, backend.conversion_id) as conversion_id,
        tracked.conversion_id is not null as is_tracked,
        backend.conversion_id is not null as is_in_backend,
        tracked.user_id as tracked_user_id,
        backend.user_id as backend_user_id,
        tracked.conversion_date as tracked_date,
        backend.conversion_date as backend_date,
        tracked.converted_at_local as tracked_at_local,
        tracked.converted_at as tracked_at_utc,
        tracked.market as tracked_market,
        backend.market as backend_market,
        tracked.currency as tracked_currency,
        backend.currency as backend_currency,
        tracked.cancelled_at as tracked_cancelled_at,
        backend.cancelled_at as backend_cancelled_at,
        tracked.cancellation_date as tracked_cancellation_date,
        backend.cancellation_date as backend_cancellation_date,
        tracked.revenue as tracked_revenue,
        backend.revenue as backend_revenue,
        coalesce(tracked.is_duplicate, false) as is_duplicate_in_tracking

    from tracked

    full join backend
        on tracked.property = backend.property
        and tracked.conversion_id = backend.conversion_id

),

awaited as (

    select
        both_sides.*,
        properties.time_zone,
        properties.has_backend,
        coalesce(
            both_sides.tracked_at_utc,
            {{ to_utc('both_sides.tracked_at_local', 'properties.time_zone') }}
        ) as tracked_at,
        coalesce(
            properties.has_backend
            and not both_sides.is_in_backend
            and both_sides.tracked_date > backend_ends.last_backend_date,
            false
        ) as is_awaiting_backend

    from both_sides

    inner join properties
        on both_sides.property = properties.property

    left join backend_ends
        on both_sides.property = backend_ends.property

),

settled as (

    select
        *,
        is_in_backend or is_awaiting_backend or not has_backend as is_counted,
        case when is_in_backend then backend_user_id else tracked_user_id end
            as user_id,
        case when is_in_backend then backend_date else tracked_date end
            as conversion_date,
        case when is_in_backend then backend_market else tracked_market end
            as market,
        case when is_in_backend then backend_currency else tracked_currency end
            as currency,
        case
            when is_in_backend then backend_cancelled_at else tracked_cancelled_at
        end as cancelled_at,
        case
            when is_in_backend then backend_cancellation_date
            else tracked_cancellation_date
        end as cancellation_date

    from awaited

),

-- a conversion of which only the day is known happened at its last microsecond
timed as (

    select
        *,
        case
            when
                cast({{ to_local('tracked_at', 'time_zone') }} as date)
                = conversion_date
                then tracked_at
            else {{ to_utc(end_of_day('conversion_date'), 'time_zone') }}
        end as converted_at

    from settled

),

final as (

    select
        -- keys
        property,
        conversion_id,
        user_id,
        coalesce(tracked_user_id, backend_user_id) as journey_user_id,
        tracked_user_id,
        backend_user_id,
        {{ hash_group(
            'coalesce(tracked_user_id, backend_user_id, conversion_id)'
        ) }} as user_group,

        -- timestamps
        converted_at,
        conversion_date,
        tracked_date,
        backend_date,
        cancelled_at,
        cancellation_date,

        -- attributes
        market,
        currency,
        tracked_market,
        backend_market,
        has_backend,
        is_tracked,
        is_in_backend,
        is_counted,
        is_awaiting_backend,
        is_duplicate_in_tracking,

        -- measures
        case
            when is_in_backend then backend_revenue
            when is_counted then tracked_revenue
            else 0
        end as revenue,
        tracked_revenue,
        backend_revenue

    from timed

)

select * from final
