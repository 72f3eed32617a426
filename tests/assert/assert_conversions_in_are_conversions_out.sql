-- Every conversion id that either side has staged, and every order and refund, is in
-- fct_conversions once, and fct_conversions has no other.

with

staged as (

    select
        property,
        conversion_id
    from {{ ref('stg_company_x__conversions') }}

    union

    select
        property,
        conversion_id
    from {{ ref('stg_company_x__conversions_backend') }}

    union

    select
        property,
        order_id as conversion_id
    from {{ ref('stg_afisha__orders') }}

    union

    select
        property,
        sale_id as conversion_id
    from {{ ref('stg_vivid_seats__customer_sales') }}

    union

    select
        property,
        conversion_id
    from {{ ref('stg_contract__conversions') }}

    union

    select
        property,
        conversion_id
    from {{ ref('stg_contract__backend_conversions') }}

    union

    select
        property,
        coalesce(nullif(transaction_id, '(not set)'), event_id) as conversion_id
    from {{ ref('stg_ga4__events') }}
    where is_purchase

    union

    select
        property,
        conversion_id
    from {{ ref('stg_shopify__orders') }}
    where is_order

    union

    select
        property,
        refund_id as conversion_id
    from {{ ref('int_refunds') }}

),

published as (

    select
        property,
        conversion_id,
        count(*) as row_count

    from {{ ref('fct_conversions') }}

    group by property, conversion_id

)

select
    coalesce(staged.property, published.property) as property,
    coalesce(staged.conversion_id, published.conversion_id) as conversion_id,
    published.row_count

from staged

full join published
    on staged.property = published.property
    and staged.conversion_id = published.conversion_id

where
    staged.conversion_id is null
    or published.row_count is distinct from 1
