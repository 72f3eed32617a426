-- Where a property has both sides, every conversion id that either has is reconciled
-- once, unless all its rows are refused; where it has one, none is.

with

two_sided as (

    select property
    from {{ ref('int_properties') }}
    where has_tracking and has_backend

),

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
    where revenue >= 0

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
        staged_rows.property,
        staged_rows.conversion_id,
        count(*) as row_count

    from staged_rows

    inner join two_sided
        on staged_rows.property = two_sided.property

    group by staged_rows.property, staged_rows.conversion_id

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
    ) as refused_rows

    group by property, conversion_id

),

reconciled as (

    select
        property,
        conversion_id,
        count(*) as row_count

    from {{ ref('fct_conversion_reconciliation') }}

    group by property, conversion_id

)

select
    coalesce(staged.property, reconciled.property) as property,
    coalesce(staged.conversion_id, reconciled.conversion_id) as conversion_id,
    reconciled.row_count

from staged

full join reconciled
    on staged.property = reconciled.property
    and staged.conversion_id = reconciled.conversion_id

left join refused
    on staged.property = refused.property
    and staged.conversion_id = refused.conversion_id

where
    staged.conversion_id is null
    or coalesce(reconciled.row_count, 0)
    != case when refused.row_count >= staged.row_count then 0 else 1 end
