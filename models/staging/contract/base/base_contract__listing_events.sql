{#
    Everything that happened to a listing, typed and judged. An event has no id of its
    own: its id is made of all that is said of it, and of which of its like it is.
#}

with

raw_rows as (

    select * from {{ raw_texts(
        'contract', 'listing_events', with_time_zone=true, where=of_changed_units()
    ) }}

),

typed as (

    select
        -- keys
        property,
        listing_id,
        user_id,

        -- timestamps
        {{ utc_timestamp('event_at', 'time_zone') }} as event_at,

        -- attributes
        action_category,
        action,
        label,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when listing_id is null then 'listing_id is missing'
            when event_at is null then 'event_at is not a timestamp'
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
                listing_id,
                event_at,
                user_id,
                action_category,
                action,
                label
            order by listing_id
        ) as occurrence_number

    from judged

),

final as (

    select
        -- keys
        property,
        {{ surrogate_key([
            'listing_id',
            'event_at',
            'user_id',
            'action_category',
            'action',
            'label',
            'occurrence_number',
        ]) }} as listing_event_id,
        listing_id,
        user_id,

        -- timestamps
        event_at,

        -- attributes
        action_category,
        action,
        label,

        -- rejection
        fault as rejection_reason,
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row

    from occurrences_numbered

)

select * from final
