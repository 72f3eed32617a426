{#
    Every raw visit, typed and judged. A visit has no id of its own: its id is made of
    all that is said of it, and of which of its like it is.
#}

with

raw_rows as (

    select * from {{ raw_texts('afisha', 'visits') }}

),

typed as (

    select
        -- keys
        property,
        uid as user_id,
        source_id,

        -- timestamps
        {{ local_timestamp('start_ts') }} as started_at_local,
        {{ local_timestamp('end_ts') }} as ended_at_local,
        end_ts as raw_end,

        -- attributes
        device,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        {{ surrogate_key([
            'user_id', 'device', 'started_at_local', 'ended_at_local', 'source_id'
        ]) }} as row_key,
        coalesce(
            {{ uid_fault('user_id') }},
            case
                when started_at_local is null then 'start_ts is not a timestamp'
                when raw_end is not null and ended_at_local is null
                    then 'end_ts is not a timestamp'
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
        {{ surrogate_key(['row_key', 'occurrence_number']) }} as session_id,
        user_id,
        source_id,

        -- timestamps
        started_at_local,
        ended_at_local,

        -- attributes
        device,

        -- rejection
        fault as rejection_reason,
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row

    from occurrences_numbered

)

select * from final
