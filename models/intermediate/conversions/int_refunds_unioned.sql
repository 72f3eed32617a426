{#
    One shape for what the layouts say was paid back. Times are in UTC where staging knows
    the clock, else still on the property's own; null where only the day is known.
#}

with

-- an order below 0
afisha as (

    select
        -- keys
        property,
        order_id as refund_id,
        {{ null_text() }} as conversion_id,
        user_id,

        -- timestamps
        cast(bought_at_local as date) as refund_date,
        bought_at_local as refunded_at_local,
        cast(null as timestamp) as refunded_at,

        -- attributes
        'refund' as kind,
        {{ null_text() }} as currency,

        -- measures
        -revenue as amount

    from {{ ref('stg_afisha__orders') }}

    where revenue < 0

),

contract as (

    select
        -- keys
        property,
        refund_id,
        conversion_id,
        {{ null_text() }} as user_id,

        -- timestamps
        refund_date,
        cast(null as timestamp) as refunded_at_local,
        refunded_at,

        -- attributes
        kind,
        currency,

        -- measures
        amount

    from {{ ref('stg_contract__refunds') }}

),

unioned as (

    select * from afisha
    union all
    select * from contract

)

select * from unioned
