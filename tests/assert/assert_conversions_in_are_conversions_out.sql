-- Every conversion id that either side has staged, and every order, is once in
-- fct_conversions unless all its rows are refused, and fct_conversions has no other.

with

staged_rows as (

    select
        property,
        conversion_id
    from {{ ref('stg_company_x__conversions') }}

    union all

    select
        property,
        conversion_id
    from {{ ref('stg_company_x__conversions_backend') }}

    union all

    select
        property,
        order_id as conversion_id
    from {{ ref('stg_afisha__orders') }}

    union all

    select
        property,
        sale_id as conversion_id
    from {{ ref('stg_vivid_seats__customer_sales') }}

    union all

    select
        property,
        conversion_id
    from {{ ref('stg_contract__conversions') }}

    union all

    select
        property,
        conversion_id
    from {{ ref('stg_contract__backend_conversions') }}

    union all

    select
        property,
        coalesce(nullif(transaction_id, '(not set)'), event_id) as conversion_id
    from {{ ref('stg_ga4__events') }}
    where is_purchase

    union all

    select
        property,
        conversion_id
    from {{ ref('stg_shopify__orders') }}
    where is_order

),

staged as (

    select
        property,
        conversion_id,
        count(*) as row_count

    from staged_rows

    group by property, conversion_id

),

refused as (

    select
        property,
        conversion_id,
        count(*) as row_count

    from (
        select
            property,
            conversion_id
        from {{ ref('int_tracked_conversions_checked') }}
        where rejection_reason is not null

        union all

        select
            property,
            conversion_id
        from {{ ref('int_backend_conversions_checked') }}
        where rejection_reason is not null

        union all

        select
            property,
            refund_id as conversion_id
        from {{ ref('int_refunds_checked') }}
        where rejection_reason is not null and conversion_id is null
    ) as refused_rows

    group by property, conversion_id

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

left join refused
    on staged.property = refused.property
    and staged.conversion_id = refused.conversion_id

where
    staged.conversion_id is null
    or coalesce(published.row_count, 0)
    != case when refused.row_count >= staged.row_count then 0 else 1 end
