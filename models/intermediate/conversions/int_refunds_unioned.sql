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
        -revenue as amount,

        -- the row, for those that are refused
        'orders' as raw_table,
        {{ struct_as_json(row_as_struct({
            'uid': 'user_id',
            'buy_ts': 'bought_at_local',
            'revenue': 'revenue',
        })) }} as raw_row

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
        amount,

        -- the row, for those that are refused
        'refunds' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conversion_id': 'conversion_id',
            'refunded_at': 'coalesce(refunded_at, refund_date)',
            'amount': 'amount',
            'refund_id': 'refund_id',
            'kind': 'kind',
            'currency': 'currency',
        })) }} as raw_row

    from {{ ref('stg_contract__refunds') }}

),

own_refunds as (

    select
        property,
        conversion_id

    from contract

    group by property, conversion_id

),

-- an unpaid order that is cancelled is paid back in full, since its total counts as
-- revenue; the export has no day of a refund but that of the cancellation, so a refund
-- of the order that somebody brings takes its place
shopify_orders as (

    select
        orders.*,
        case
            when
                orders.cancellation_date is not null
                and orders.financial_status in ('pending', 'authorized', 'expired')
                then orders.revenue
            else orders.refunded_amount
        end as paid_back

    from {{ ref('stg_shopify__orders') }} as orders

    left join own_refunds
        on orders.property = own_refunds.property
        and orders.conversion_id = own_refunds.conversion_id

    where
        orders.is_order
        and own_refunds.conversion_id is null

),

-- an order's number without its letters can be that of a later order too: the name of
-- that one tells its refund apart
shopify_refunds_numbered as (

    select
        *,
        row_number() over (
            partition by property, conversion_id
            order by converted_at nulls last, order_name nulls last
        ) as refund_number

    from shopify_orders

    where paid_back > 0

),

shopify as (

    select
        -- keys
        property,
        case
            when refund_number = 1
                then {{ surrogate_key(['conversion_id', "'refund'"]) }}
            else {{ surrogate_key(['conversion_id', "'refund'", 'order_name']) }}
        end as refund_id,
        conversion_id,
        user_id,

        -- timestamps
        coalesce(cancellation_date, conversion_date) as refund_date,
        cast(null as timestamp) as refunded_at_local,
        coalesce(cancelled_at, converted_at) as refunded_at,

        -- attributes
        case when cancellation_date is not null then 'cancellation' else 'refund' end
            as kind,
        currency,

        -- measures
        paid_back as amount,

        -- the row, for those that are refused
        'orders' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conversion_id': 'conversion_id',
            'refunded_at': 'coalesce(cancellation_date, conversion_date)',
            'refunded_amount': 'paid_back',
            'currency': 'currency',
        })) }} as raw_row

    from shopify_refunds_numbered

),

unioned as (

    select * from afisha
    union all
    select * from contract
    union all
    select * from shopify

)

select * from unioned
