with

refunds as (

    select * from {{ ref('int_refunds_unioned') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

final as (

    select
        -- keys
        refunds.property,
        refunds.refund_id,
        refunds.user_id,

        -- timestamps
        coalesce(
            refunds.refunded_at,
            {{ to_utc('refunds.refunded_at_local', 'properties.time_zone') }},
            {{ to_utc(end_of_day('refunds.refund_date'), 'properties.time_zone') }}
        ) as refunded_at,
        refunds.refund_date,

        -- measures
        refunds.amount

    from refunds

    inner join properties
        on refunds.property = properties.property

)

select * from final
