{#
    Every raw event, typed and judged.
#}

with

raw_rows as (

    select * from {{ raw_texts('vivid_seats', 'events') }}

),

typed as (

    select
        -- keys
        property,
        event_id,

        -- timestamps
        {{ local_timestamp('event_at') }} as event_at_local,
        event_at as raw_event_at,

        -- attributes
        event_name,
        event_category,
        venue,
        city,
        country,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when event_id is null then 'event_id is missing'
            when raw_event_at is not null and event_at_local is null
                then 'event_at is not a timestamp'
        end as fault

    from typed

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, event_id, fault
            order by
                event_at_local,
                event_name,
                event_category,
                venue,
                city,
                country,
                source_row
        ) as copy_number

    from judged

),

final as (

    select
        -- keys
        property,
        event_id,

        -- timestamps
        event_at_local,

        -- attributes
        event_name,
        event_category,
        venue,
        city,
        country,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'event_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
