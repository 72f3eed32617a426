{#
    Refused rows of those who do not count, of money that cannot be told in the property's
    currency, and refunds that cannot be taken from the net.
#}

with

rejected_rows as (

    select * from {{ ref('int_rejected_rows') }}
    where layer = 'intermediate'

),

refunds as (

    select * from {{ ref('int_refunds_checked') }}

),

refused_rows as (

    select
        property,
        case
            when reason like 'excluded user: %' then 'row_of_excluded_user'
            when reason like 'bot: %' then 'row_of_bot'
            when reason like 'no exchange rate for %' then 'exchange_rate_missing'
            when reason = 'the amount is too large to exchange'
                then 'exchange_rate_missing'
        end as check_name,
        raw_table || '|' || reason as finding_key,
        1 as row_count,
        0 as amount

    from rejected_rows

),

refused_refunds as (

    select
        property,
        case
            when rejection_reason = 'conversion_id is unknown'
                then 'refund_of_unknown_conversion'
            when rejection_reason = 'conversion is not counted'
                then 'refund_of_uncounted_conversion'
            when rejection_reason = 'more refunded than paid'
                then 'refund_exceeds_revenue'
        end as check_name,
        refund_id as finding_key,
        1 as row_count,
        amount

    from refunds

),

findings as (

    select * from refused_rows
    union all
    select * from refused_refunds

),

final as (

    select
        property,
        check_name,
        finding_key,
        sum(row_count) as row_count,
        cast(coalesce(sum(amount), 0) as decimal(38, 6)) as amount

    from findings

    where check_name is not null

    group by property, check_name, finding_key

)

select * from final
