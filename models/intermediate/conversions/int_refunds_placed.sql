{#
    What is to be taken from the net, at what in the property's currency: refunds, and
    cancellations, which pay back what is left of the revenue and have no amount of their
    own. A refund in the currency of its conversion is exchanged at the conversion's
    rate, so that all that was paid is all that is paid back; of several the cents are
    told by their sum (int_refunds_checked).
#}

with

refunds as (

    select * from {{ ref('int_refunds_unioned') }}

),

conversions as (

    select * from {{ ref('int_conversions_settled') }}

),

refused_conversions as (

    select * from {{ ref('int_conversions_refused') }}

),

excluded_users as (

    select * from {{ ref('int_excluded_users') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

rates as (

    select * from {{ ref('int_exchange_rates') }}

),

placed as (

    select
        refunds.property,
        refunds.refund_id,
        refunds.conversion_id,
        case
            when refunds.conversion_id is null then refunds.user_id
            else conversions.user_id
        end as user_id,
        coalesce(
            refunds.refunded_at,
            {{ to_utc('refunds.refunded_at_local', 'properties.time_zone') }},
            {{ to_utc(end_of_day('refunds.refund_date'), 'properties.time_zone') }}
        ) as refunded_at,
        refunds.refund_date,
        coalesce(refunds.kind, 'refund') as kind,
        refunds.currency,
        refunds.amount,
        refunds.raw_table,
        refunds.raw_row,
        conversions.revenue as conversion_revenue,
        properties.currency as own_currency,
        {{ is_foreign(
            'refunds.amount', 'refunds.currency', 'properties.currency'
        ) }} as is_foreign,
        coalesce(refunds.currency = conversions.currency, false) as is_like_order,
        case
            when refunds.currency = conversions.currency
                then conversions.conversion_date
            else refunds.refund_date
        end as exchange_date,
        case
            when refunds.conversion_id is null then excluded_users.rejection_reason
            when conversions.is_counted then null
            when refused_conversions.rejection_reason is not null
                then refused_conversions.rejection_reason
            when conversions.conversion_id is null then 'conversion_id is unknown'
            else 'conversion is not counted'
        end as fault

    from refunds

    inner join properties
        on refunds.property = properties.property

    left join conversions
        on refunds.property = conversions.property
        and refunds.conversion_id = conversions.conversion_id

    left join refused_conversions
        on refunds.property = refused_conversions.property
        and refunds.conversion_id = refused_conversions.conversion_id

    left join excluded_users
        on refunds.property = excluded_users.property
        and refunds.user_id = excluded_users.user_id

),

exchanged as (

    select
        placed.*,
        rates.rate,
        rates.own_rate,
        {{ exchanged_amount('placed.amount', 'rates.rate', 'rates.own_rate', 2) }}
            as exchanged_amount

    from placed

    left join rates
        on placed.property = rates.property
        and placed.currency = rates.currency
        and placed.exchange_date = rates.rate_date

),

judged as (

    select
        property,
        refund_id,
        conversion_id,
        user_id,
        refunded_at,
        refund_date,
        kind,
        case when is_foreign then exchanged_amount else amount end as amount,
        case when is_foreign and is_like_order then amount end as foreign_amount,
        rate,
        own_rate,
        conversion_revenue,
        coalesce(fault, {{ exchange_fault('exchanged_amount', 'exchange_date') }})
            as fault,
        raw_table,
        raw_row

    from exchanged

),

cancellations as (

    select
        conversions.property,
        {{ surrogate_key(["'cancellation'", 'conversions.conversion_id']) }}
            as refund_id,
        conversions.conversion_id,
        conversions.user_id,
        coalesce(
            conversions.cancelled_at,
            {{ to_utc(
                end_of_day('conversions.cancellation_date'), 'properties.time_zone'
            ) }}
        ) as refunded_at,
        conversions.cancellation_date as refund_date,
        'cancellation' as kind,
        cast(null as decimal(18, 2)) as amount,
        cast(null as decimal(18, 2)) as foreign_amount,
        cast(null as decimal(20, 10)) as rate,
        cast(null as decimal(20, 10)) as own_rate,
        conversions.revenue as conversion_revenue,
        {{ null_text() }} as fault,
        {{ null_text() }} as raw_table,
        {{ null_text() }} as raw_row

    from conversions

    inner join properties
        on conversions.property = properties.property

    where
        conversions.is_counted
        and conversions.cancellation_date is not null

),

final as (

    select * from judged
    union all
    select * from cancellations

)

select * from final
