{#
    One shape for what the layouts say was paid back; times are still on the property's
    own clock.
#}

with

-- an order below 0
afisha as (

    select
        -- keys
        property,
        order_id as refund_id,
        user_id,

        -- timestamps
        bought_at_local as refunded_at_local,

        -- measures
        -revenue as amount

    from {{ ref('stg_afisha__orders') }}

    where revenue < 0

)

select * from afisha
