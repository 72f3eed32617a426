-- Day by day, what the orders of Afisha say is what fct_conversions nets, those below 0
-- included, where nothing beside them tells of sales or refunds. Every staged refund is
-- in fct_refunds or refused, once. What a conversion carries of refunds is what
-- fct_refunds says of it, and no more than it earned; what names no conversion is a row
-- of its own, which never counts.

with

told_elsewhere as (

    select property
    from {{ ref('int_tracked_conversions_checked') }}
    where raw_table != 'orders'

    union

    select property
    from {{ ref('int_refunds_checked') }}
    where raw_table != 'orders'

    union

    select property
    from {{ ref('int_properties') }}
    where has_backend

),

ordered as (

    select
        orders.property,
        cast(orders.bought_at_local as date) as conversion_date,
        sum(orders.revenue) as net_revenue

    from {{ ref('stg_afisha__orders') }} as orders

    left join told_elsewhere
        on orders.property = told_elsewhere.property

    where told_elsewhere.property is null

    group by orders.property, cast(orders.bought_at_local as date)

),

netted as (

    select
        property,
        conversion_date,
        net_revenue
    from {{ ref('fct_conversions') }}

    union all

    select
        property,
        cast({{ json_value('raw_row', 'buy_ts') }} as date) as conversion_date,
        cast({{ json_value('raw_row', 'revenue') }} as decimal(18, 2)) as net_revenue
    from {{ ref('fct_rejected_rows') }}
    where layer = 'intermediate' and raw_table = 'orders'

),

netted_days as (

    select
        netted.property,
        netted.conversion_date,
        sum(netted.net_revenue) as net_revenue

    from netted

    where netted.property in (select ordered.property from ordered)

    group by netted.property, netted.conversion_date

),

wrong_days as (

    select
        coalesce(ordered.property, netted_days.property) as property,
        'net of '
        || cast(
            coalesce(ordered.conversion_date, netted_days.conversion_date)
            as {{ dbt.type_string() }}
        ) as what

    from ordered

    full join netted_days
        on ordered.property = netted_days.property
        and ordered.conversion_date = netted_days.conversion_date

    where ordered.net_revenue is distinct from netted_days.net_revenue

),

told as (

    select
        property,
        coalesce(conversion_id, refund_id) as conversion_id,
        conversion_id is null as is_refund,
        sum(refunded_revenue) as refunded_revenue

    from {{ ref('fct_refunds') }}

    group by property, coalesce(conversion_id, refund_id), conversion_id is null

    having sum(refunded_revenue) != 0

),

carried as (

    select *
    from {{ ref('fct_conversions') }}
    where refunded_revenue != 0 or (is_refund is not false)

),

wrong_conversions as (

    select
        coalesce(told.property, carried.property) as property,
        'refunds of ' || coalesce(told.conversion_id, carried.conversion_id) as what

    from told

    full join carried
        on told.property = carried.property
        and told.conversion_id = carried.conversion_id

    where
        coalesce(told.refunded_revenue, 0) is distinct from carried.refunded_revenue
        or (told.refunded_revenue > 0 and told.is_refund != carried.is_refund)
        or (carried.is_refund and carried.is_counted) is not false
        or (carried.refunded_revenue > carried.revenue and not carried.is_refund)
        is not false

),

wrong_nets as (

    select
        property,
        'net of ' || conversion_id as what
    from {{ ref('fct_conversions') }}
    where net_revenue is distinct from revenue - refunded_revenue

),

judged as (

    select
        property,
        refund_id,
        1 as row_count
    from {{ ref('fct_refunds') }}
    where conversion_id is not null

    union all

    select
        property,
        {{ json_value('raw_row', 'refund_id') }} as refund_id,
        1 as row_count
    from {{ ref('fct_rejected_rows') }}
    where layer = 'intermediate' and raw_table = 'refunds'

),

judged_refunds as (

    select
        property,
        refund_id,
        sum(row_count) as row_count

    from judged

    group by property, refund_id

),

wrong_refunds as (

    select
        refunds.property,
        'refund ' || refunds.refund_id as what

    from {{ ref('stg_contract__refunds') }} as refunds

    left join judged_refunds
        on refunds.property = judged_refunds.property
        and refunds.refund_id = judged_refunds.refund_id

    where judged_refunds.row_count is distinct from 1

)

select * from wrong_days
union all
select * from wrong_conversions
union all
select * from wrong_nets
union all
select * from wrong_refunds
