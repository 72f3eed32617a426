{#
    Every raw visit of the kind, typed and judged. A visit has no id of its own: its id
    is made of all that is said of it, and of which of its like it is.
#}

with

raw_rows as (

    select * from {{ raw_texts('vivid_seats', 'indirect_traffic') }}

),

typed as (

    select
        -- keys
        property,
        'indirect' as traffic_type,
        visitor_id,

        -- timestamps
        {{ local_date('visit_date') }} as visit_date,
        {{ local_timestamp_of('visit_date', 'visit_start_time') }} as timed_at_local,
        visit_start_time as raw_time,

        -- attributes
        traffic_source,
        visitor_device as device,
        geo_network,
        {{ flag('bounce') }} as is_bounce,
        user_grouping,
        social_engagement,

        -- measures
        {{ whole_number('visit_number') }} as visit_number,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        {{ surrogate_key([
            'traffic_type',
            'visitor_id',
            'visit_number',
            'visit_date',
            'timed_at_local',
            'traffic_source',
            'device',
            'geo_network',
            'is_bounce',
            'user_grouping',
            'social_engagement',
        ]) }} as row_key,
        case
            when visit_date is null then 'visit_date is not a date'
            when raw_time is not null and timed_at_local is null
                then 'visit_start_time is not a time'
        end as fault

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
        visitor_id,

        -- timestamps
        coalesce(timed_at_local, cast(visit_date as timestamp)) as started_at_local,

        -- attributes
        traffic_source,
        device,
        geo_network,
        is_bounce,
        user_grouping,
        social_engagement,
        visit_number,

        -- rejection
        fault as rejection_reason,
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row

    from occurrences_numbered

)

select * from final
