{#
    One shape for what the trackers of all layouts say of conversions. What was paid back
    is in int_refunds_unioned.
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
        converted_at_local,
        cast(null as timestamp) as converted_at,

        -- attributes
        market,
        {{ null_text() }} as currency,

        -- measures
        revenue,

        -- the row, for those that turn out to be copies
        'conversions' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conv_id': 'conversion_id',
            'user_id': 'user_id',
            'conv_date': 'conversion_date',
            'conv_time': 'converted_at_local',
            'market': 'market',
            'revenue': 'revenue',
        })) }} as raw_row

    from {{ ref('stg_company_x__conversions') }}

),

-- an order's id is its own: no other row can turn out to be a copy of it
afisha as (

    select
        -- keys
        property,
        order_id as conversion_id,
        user_id,

        -- timestamps
        cast(bought_at_local as date) as conversion_date,
        bought_at_local as converted_at_local,
        cast(null as timestamp) as converted_at,

        -- attributes
        {{ null_text() }} as market,
        {{ null_text() }} as currency,

        -- measures
        revenue,

        -- the row
        'orders' as raw_table,
        {{ null_text() }} as raw_row

    from {{ ref('stg_afisha__orders') }}

    where revenue >= 0

),

-- a sale's key is declared: staging has refused its copies
vivid_seats as (

    select
        -- keys
        property,
        sale_id as conversion_id,
        visitor_id as user_id,

        -- timestamps
        cast(sold_at_local as date) as conversion_date,
        sold_at_local as converted_at_local,
        cast(null as timestamp) as converted_at,

        -- attributes
        {{ null_text() }} as market,
        {{ null_text() }} as currency,

        -- measures
        revenue,

        -- the row
        'customer_sales' as raw_table,
        {{ null_text() }} as raw_row

    from {{ ref('stg_vivid_seats__customer_sales') }}

),

contract as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        cast(null as timestamp) as converted_at_local,
        converted_at,

        -- attributes
        market,
        currency,

        -- measures
        revenue,

        -- the row, for those that turn out to be copies
        'conversions' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conversion_id': 'conversion_id',
            'user_id': 'user_id',
            'converted_at': 'coalesce(converted_at, conversion_date)',
            'market': 'market',
            'revenue': 'revenue',
            'currency': 'currency',
        })) }} as raw_row

    from {{ ref('stg_contract__conversions') }}

),

unioned as (

    select * from company_x
    union all
    select * from afisha
    union all
    select * from vivid_seats
    union all
    select * from contract

)

select * from unioned
