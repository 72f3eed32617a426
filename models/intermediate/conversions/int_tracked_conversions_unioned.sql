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
        cast(null as timestamp) as cancelled_at,
        cast(null as date) as cancellation_date,

        -- attributes
        market,
        {{ null_text() }} as currency,

        -- measures
        revenue,

        -- the row, for those that are refused
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

-- an order's id is its own
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
        cast(null as timestamp) as cancelled_at,
        cast(null as date) as cancellation_date,

        -- attributes
        {{ null_text() }} as market,
        {{ null_text() }} as currency,

        -- measures
        revenue,

        -- the row, for those that are refused
        'orders' as raw_table,
        {{ struct_as_json(row_as_struct({
            'uid': 'user_id',
            'buy_ts': 'bought_at_local',
            'revenue': 'revenue',
        })) }} as raw_row

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
        cast(null as timestamp) as cancelled_at,
        cast(null as date) as cancellation_date,

        -- attributes
        {{ null_text() }} as market,
        {{ null_text() }} as currency,

        -- measures
        revenue,

        -- the row, for those that are refused
        'customer_sales' as raw_table,
        {{ struct_as_json(row_as_struct({
            'sale_id': 'sale_id',
            'visitor_id': 'visitor_id',
            'sale_date': 'sold_at_local',
            'revenue': 'revenue',
        })) }} as raw_row

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
        cancelled_at,
        cancellation_date,

        -- attributes
        market,
        currency,

        -- measures
        revenue,

        -- the row, for those that are refused
        'conversions' as raw_table,
        {{ struct_as_json(row_as_struct({
            'conversion_id': 'conversion_id',
            'user_id': 'user_id',
            'converted_at': 'coalesce(converted_at, conversion_date)',
            'market': 'market',
            'revenue': 'revenue',
            'currency': 'currency',
            'cancelled_at': 'coalesce(cancelled_at, cancellation_date)',
        })) }} as raw_row

    from {{ ref('stg_contract__conversions') }}

),

ga4_sessions as (

    select * from {{ ref('int_ga4_sessions') }}

),

ga4_visitors as (

    select * from {{ ref('int_ga4_visitors') }}

),

ga4_purchases as (

    select * from {{ ref('stg_ga4__events') }}

    where is_purchase

),

-- a purchase is of the user of its session, outside of one of the visitor's only user;
-- one without a transaction is one by itself
ga4 as (

    select
        -- keys
        ga4_purchases.property,
        case
            when ga4_purchases.transaction_id <> '(not set)'
                then ga4_purchases.transaction_id
            else ga4_purchases.event_id
        end as conversion_id,
        coalesce(
            ga4_purchases.user_id,
            ga4_sessions.user_id,
            ga4_visitors.user_id,
            ga4_purchases.visitor_id
        ) as user_id,

        -- timestamps
        ga4_purchases.event_date as conversion_date,
        cast(null as timestamp) as converted_at_local,
        ga4_purchases.occurred_at as converted_at,
        cast(null as timestamp) as cancelled_at,
        cast(null as date) as cancellation_date,

        -- attributes
        ga4_purchases.market,
        ga4_purchases.currency,

        -- measures
        ga4_purchases.revenue,

        -- the row, for those that are refused
        'events' as raw_table,
        {{ struct_as_json(row_as_struct({
            'event_name': 'ga4_purchases.event_name',
            'transaction_id': 'ga4_purchases.transaction_id',
            'user_pseudo_id': 'ga4_purchases.visitor_id',
            'event_timestamp': 'ga4_purchases.occurred_at',
            'revenue': 'ga4_purchases.revenue',
            'currency': 'ga4_purchases.currency',
        })) }} as raw_row

    from ga4_purchases

    left join ga4_sessions
        on ga4_purchases.property = ga4_sessions.property
        and ga4_purchases.session_id = ga4_sessions.session_id

    left join ga4_visitors
        on ga4_purchases.property = ga4_visitors.property
        and ga4_purchases.visitor_id = ga4_visitors.visitor_id

),

unioned as (

    select * from company_x
    union all
    select * from afisha
    union all
    select * from vivid_seats
    union all
    select * from contract
    union all
    select * from ga4

)

select * from unioned
