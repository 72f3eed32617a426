with

refunds as (

    select * from {{ ref('int_refunds_checked') }}
    where rejection_reason is null

),

kept as (

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
        amount

    from refunds

)

select * from kept
