{#
    Every raw click, typed and judged. A click has no id of its own: all that is said of
    it, and which of its like it is, tell it from the others. Staging makes an id of
    these: writing 50 million ids here would take as long as all the rest.
#}

with

-- read several times, each time from the file: kept in memory it would take 13 GB
raw_rows as {{ inlined(reads_places=true, is_of_changed_units=true) }} (

    select * from {{ raw('vestiaire', 'clicks') }}
    {{ of_changed_units() }}

),

typed as {{ inlined(reads_places=true) }} (

    select
        -- keys
        property,
        {{ text('id_user') }} as user_id,
        {{ text('id_product') }} as listing_id,

        -- timestamps
        {{ local_timestamp(text('datetime_session')) }} as clicked_at_local,

        -- attributes
        {{ text('event_category') }} as action_category,
        {{ text('event_action') }} as action,
        {{ text('event_label') }} as label,

        -- the row as it came, of those alone that are refused: there are many clicks
        case
            when {{ local_timestamp(text('datetime_session')) }} is null
                then {{ struct_as_json(
                    row_as_struct(raw_columns('vestiaire', 'clicks'))
                ) }}
        end as raw_row

    from raw_rows

),

judged as {{ inlined(reads_places=true) }} (

    select
        *,
        case
            when clicked_at_local is null then 'datetime_session is not a timestamp'
        end as fault,
        {{ row_hash(
            [
                'property',
                'clicked_at_local',
                'user_id',
                'listing_id',
                'action_category',
                'action',
                'label',
            ]
        ) }} as row_hash

    from typed

),

-- Rows that are alike share a hash, and few others do. Numbering these alone spares
-- sorting 50 million rows; the hash decides nothing else.
shared_hashes as (

    select row_hash

    from judged

    group by row_hash

    having count(*) > 1

),

-- rows that are alike are told apart by number: it does not matter which is which
alike_numbered as (

    select
        judged.*,
        row_number() over (
            partition by
                judged.property,
                judged.fault,
                judged.clicked_at_local,
                judged.user_id,
                judged.listing_id,
                judged.action_category,
                judged.action,
                judged.label
            order by judged.row_hash
        ) as occurrence_number

    from judged

    inner join shared_hashes
        on judged.row_hash = shared_hashes.row_hash

),

occurrences_numbered as (

    select * from alike_numbered

    union all

    select
        judged.*,
        1 as occurrence_number
    from judged
    left join shared_hashes
        on judged.row_hash = shared_hashes.row_hash
    where shared_hashes.row_hash is null

),

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
        occurrence_number,

        -- rejection
        fault as rejection_reason,
        raw_row

    from occurrences_numbered

)

select * from final
