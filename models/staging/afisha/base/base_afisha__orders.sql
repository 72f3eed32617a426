{#
    Every raw order, typed and judged. An order has no id of its own: its id is made of
    all that is said of it, and of which of its like it is.
#}

with

raw_rows as (

    select * from {{ raw_texts('afisha', 'orders') }}

),

typed as (

    select
        -- keys
        property,
        uid as user_id,

        -- timestamps
        {{ local_timestamp('buy_ts') }} as bought_at_local,

        -- measures
        {{ amount('revenue', 2) }} as revenue,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        {{ surrogate_key(['user_id', 'bought_at_local', 'revenue']) }} as row_key,
        coalesce(
            {{ uid_fault('user_id') }},
            case
                when bought_at_local is null then 'buy_ts is not a timestamp'
                when revenue is null then 'revenue is not an amount'
            end
        ) as fault

    from typed

),

-- rows that are alike are told apart by number: it does not matter which is which
occurrences_numbered as (

    select
        *,
        row_number() over (
            partition by property, fault, row_key
            order by row_key nulls last
        ) as occurrence_number

    from judged

),

final as (

    select
        -- keys
        property,
        {{ surrogate_key(['row_key', 'occurrence_number']) }} as order_id,
        user_id,

        -- timestamps
        bought_at_local,

        -- measures
        revenue,

        -- rejection
        fault as rejection_reason,
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row

    from occurrences_numbered

)

select * from final
