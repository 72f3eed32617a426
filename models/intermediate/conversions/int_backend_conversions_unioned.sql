{#
    One shape for what the books of all layouts say of conversions.
#}

with

company_x as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        cast(null as timestamp) as cancelled_at,
        cast(null as date) as cancellation_date,

        -- attributes
        market,
        {{ null_text() }} as currency,

        -- measures
        revenue,

        -- the row, for those that are refused
        'conversions_backend' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conv_id': 'conversion_id',
            'user_id': 'user_id',
            'conv_date': 'conversion_date',
            'market': 'market',
            'revenue': 'revenue',
        })) }} as raw_row

    from {{ ref('stg_company_x__conversions_backend') }}

),

contract as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        cancelled_at,
        cancellation_date,

        -- attributes
        market,
        currency,

        -- measures
        revenue,

        -- the row, for those that are refused
        'backend_conversions' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conversion_id': 'conversion_id',
            'user_id': 'user_id',
            'converted_at': 'coalesce(converted_at, conversion_date)',
            'market': 'market',
            'revenue': 'revenue',
            'currency': 'currency',
            'cancelled_at': 'coalesce(cancelled_at, cancellation_date)',
        })) }} as raw_row

    from {{ ref('stg_contract__backend_conversions') }}

),

shopify as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        -- what a cancelled order pays back is in int_refunds_unioned
        cast(null as timestamp) as cancelled_at,
        cast(null as date) as cancellation_date,

        -- attributes
        market,
        currency,

        -- measures
        revenue,

        -- the row, for those that are refused
        'orders' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conversion_id': 'conversion_id',
            'converted_at': 'conversion_date',
            'revenue': 'revenue',
            'currency': 'currency',
        })) }} as raw_row

    from {{ ref('stg_shopify__orders') }}

    where is_order

),

unioned as (

    select * from company_x
    union all
    select * from contract
    union all
    select * from shopify

)

select * from unioned
