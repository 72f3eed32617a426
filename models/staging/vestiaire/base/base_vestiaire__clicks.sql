{#
    Every raw click, typed and judged. A click has no id of its own: all that is said of
    it, and which of its like it is, tell it from the others. Staging makes an id of
    these: writing 50 million ids here would take as long as all the rest.
#}

with

-- read several times, each time from the file: kept in memory it would take 13 GB
raw_rows as {{ inlined(reads_places=true, is_of_changed_units=true) }} (

    select * from {{ raw_texts(
        'vestiaire', 'clicks', where=of_changed_units()
    ) }}

),

typed as {{ inlined(reads_places=true) }} (

    select
        -- keys
        property,
        id_user as user_id,
        id_product as listing_id,

        -- timestamps
        {{ local_timestamp('datetime_session') }} as clicked_at_local,

        -- attributes
        event_category as action_category,
        event_action as action,
        event_label as label,

        -- the row as it came, of those alone that are refused: there are many clicks
        case
            when {{ local_timestamp('datetime_session') }} is null
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from raw_rows

),

judged as {{ inlined(reads_places=true) }} (

    select
        *,
        case
            when clicked_at_local is null then 'datetime_session is not a timestamp'
        end as fault

    from typed

),

{{ copies_numbered([
    'property',
    'clicked_at_local',
    'user_id',
    'listing_id',
    'action_category',
    'action',
    'label',
]) }},

final as (

    select
        -- keys
        property,
        user_id,
        listing_id,

        -- timestamps
        clicked_at_local,

        -- attributes
        action_category,
        action,
        label,
        copy_number as occurrence_number,

        -- rejection
        fault as rejection_reason,
        raw_row

    from copies_numbered

)

select * from final
