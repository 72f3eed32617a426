with

refunds as (

    select * from {{ ref('int_refunds') }}

),

final as (

    select
        -- keys
        property,
        refund_id,
        conversion_id,
        user_id,

        -- timestamps
        refunded_at,
        refund_date,

        -- attributes
        kind,

        -- measures
        amount as refunded_revenue

    from refunds

)

select * from final
