{#
    Both sides of every conversion, and what counts: the backend's word where there is a
    backend, the tracker's otherwise. A conversion that the tracker saw and the books
    never got keeps its row, at 0.00 and uncounted. So does a refund, on its own date.
#}

with

tracked as (

    select * from {{ ref('int_tracked_conversions') }}

),

backend as (

    select * from {{ ref('int_backend_conversions') }}

),

refunds as (

    select * from {{ ref('int_refunds') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

backend_ends as (

    select
        property,
        max(conversion_date) as last_backend_date

    from backend

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
            as market

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

conversions as (

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

        -- attributes
        market,
        tracked_market,
        backend_market,
        has_backend,
        is_tracked,
        is_in_backend,
        is_counted,
        is_awaiting_backend,
        is_duplicate_in_tracking,
        false as is_refund,

        -- measures
        case
            when is_in_backend then backend_revenue
            when is_counted then tracked_revenue
            else 0
        end as revenue,
        tracked_revenue,
        backend_revenue,
        0 as refunded_revenue

    from timed

),

-- money paid back: no conversion, but a row without which the net would not add up
refund_rows as (

    select
        -- keys
        refunds.property,
        refunds.refund_id as conversion_id,
        refunds.user_id,
        refunds.user_id as journey_user_id,
        refunds.user_id as tracked_user_id,
        {{ null_text() }} as backend_user_id,
        {{ hash_group('coalesce(refunds.user_id, refunds.refund_id)') }} as user_group,

        -- timestamps
        refunds.refunded_at as converted_at,
        refunds.refund_date as conversion_date,
        refunds.refund_date as tracked_date,
        cast(null as date) as backend_date,

        -- attributes
        {{ null_text() }} as market,
        {{ null_text() }} as tracked_market,
        {{ null_text() }} as backend_market,
        properties.has_backend,
        true as is_tracked,
        false as is_in_backend,
        false as is_counted,
        false as is_awaiting_backend,
        false as is_duplicate_in_tracking,
        true as is_refund,

        -- measures
        0 as revenue,
        cast(null as decimal(18, 2)) as tracked_revenue,
        cast(null as decimal(18, 2)) as backend_revenue,
        refunds.amount as refunded_revenue

    from refunds

    inner join properties
        on refunds.property = properties.property

),

conversions_and_refunds as (

    select * from conversions
    union all
    select * from refund_rows

),

-- one number to join and to partition by: two texts take 5 times as long
final as (

    select
        *,
        row_number() over (order by property, conversion_id) as conversion_key

    from conversions_and_refunds

)

select * from final
