{#
    Every raw click, typed and judged. A click has no id of its own: its id is made of
    all that is said of it, and of which of its like it is.
#}

with

raw_rows as (

    select * from {{ raw('vestiaire', 'clicks') }}

),

typed as (

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

judged as (

    select
        *,
        case
            when clicked_at_local is null then 'datetime_session is not a timestamp'
        end as fault,
        {{ surrogate_key([
            'clicked_at_local',
            'user_id',
            'listing_id',
            'action_category',
            'action',
            'label',
        ]) }} as row_key

    from typed

),

-- rows that are alike are told apart by number: it does not matter which is which
occurrences_numbered as (

    select
        *,
        row_number() over (
            partition by property, fault, row_key
            order by row_key
        ) as occurrence_number

    from judged

),

final as (

    select
        -- keys
        property,
        {{ surrogate_key(['row_key', 'occurrence_number']) }} as click_id,
        user_id,
        listing_id,

        -- timestamps
        clicked_at_local,

        -- attributes
        action_category,
        action,
        label,

        -- rejection
        fault as rejection_reason,
        raw_row

    from occurrences_numbered

)

select * from final
