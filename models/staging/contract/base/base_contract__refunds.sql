{#
    Every refund, typed and judged. One without an id gets one of all that is said of
    it, and of which of its like it is.
#}

with

raw_rows as (

    select * from {{ raw_texts('contract', 'refunds', with_time_zone=true) }}

),

typed as (

    select
        -- keys
        property,
        conversion_id,
        refund_id,

        -- timestamps
        {{ utc_timestamp('refunded_at', 'time_zone') }} as refunded_at,
        {{ local_day_of('refunded_at', 'time_zone') }} as refunded_date,
        {{ is_day_alone('refunded_at') }} as is_refunded_day_alone,

        -- attributes
        kind,
        upper(currency) as currency,

        -- measures
        {{ amount('amount', 2) }} as amount,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when conversion_id is null then 'conversion_id is missing'
            when refunded_at is null then 'refunded_at is not a timestamp or date'
            when amount is null then 'amount is not an amount'
            when amount < 0
                then 'amount is negative: write what was paid back as a positive number'
        end as fault

    from typed

),

-- rows that are alike are told apart by number: it does not matter which is which
occurrences_numbered as (

    select
        *,
        row_number() over (
            partition by
                property,
                fault,
                conversion_id,
                refunded_at,
                amount,
                refund_id,
                kind,
                currency
            order by conversion_id nulls last
        ) as occurrence_number

    from judged

),

identified as (

    select
        {{ all_but(['refund_id', 'occurrence_number']) }},
        coalesce(
            refund_id,
            {{ surrogate_key([
                'conversion_id',
                'refunded_at',
                'amount',
                'kind',
                'currency',
                'occurrence_number',
            ]) }}
        ) as refund_id

    from occurrences_numbered

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, refund_id, fault
            order by
                conversion_id nulls last,
                refunded_at nulls last,
                amount nulls last,
                kind nulls last,
                currency nulls last,
                source_row
        ) as copy_number

    from identified

),

final as (

    select
        -- keys
        property,
        conversion_id,
        refund_id,

        -- timestamps
        refunded_date as refund_date,
        case when not is_refunded_day_alone then refunded_at end as refunded_at,

        -- attributes
        kind,
        currency,

        -- measures
        amount,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'refund_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
