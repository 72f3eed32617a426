{#
    Every conversion with what was paid back of it, whenever that was, and every refund
    that names no conversion. What was paid back on which day is in int_refunds.
#}

with

settled as (

    select * from {{ ref('int_conversions_settled') }}

),

refunds as (

    select * from {{ ref('int_refunds') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

refunds_by_conversion as (

    select
        property,
        conversion_id,
        sum(amount) as refunded_revenue

    from refunds

    where conversion_id is not null

    group by property, conversion_id

),

conversions as (

    select
        -- keys
        settled.property,
        settled.conversion_id,
        settled.user_id,
        settled.journey_user_id,
        settled.tracked_user_id,
        settled.backend_user_id,
        settled.user_group,

        -- timestamps
        settled.converted_at,
        settled.conversion_date,
        settled.tracked_date,
        settled.backend_date,

        -- attributes
        settled.market,
        settled.tracked_market,
        settled.backend_market,
        settled.has_backend,
        settled.is_tracked,
        settled.is_in_backend,
        settled.is_counted,
        settled.is_awaiting_backend,
        settled.is_duplicate_in_tracking,
        false as is_refund,

        -- measures
        settled.revenue,
        settled.tracked_revenue,
        settled.backend_revenue,
        coalesce(refunds_by_conversion.refunded_revenue, 0) as refunded_revenue

    from settled

    left join refunds_by_conversion
        on settled.property = refunds_by_conversion.property
        and settled.conversion_id = refunds_by_conversion.conversion_id

),

-- money paid back, nobody knows for what: no conversion, but a row without which the
-- net would not add up
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

    where refunds.conversion_id is null

),

conversions_and_refunds as (

    select * from conversions
    union all
    select * from refund_rows

),

-- one number to join and to partition by, the same in every build: two texts take 5
-- times as long
final as (

    select
        *,
        -- for make explain, which knows no vars: models use the macro
        {{ credit_revenue() }} as credit_revenue,
        {{ hash_key(['property', 'conversion_id']) }} as conversion_key

    from conversions_and_refunds

)

select * from final
