{#
    Every raw session, typed and judged. A session whose time is absent began at
    midnight; one whose time cannot be read is rejected.
#}

with

-- each time from the file: numbering all sessions would take three times as long
changed_rows as {{ inlined(reads_places=true, is_of_changed_units=true) }} (

    select * from {{ raw_texts(
        'company_x', 'session_sources', where=of_changed_units()
    ) }}

),

raw_rows as {{ inlined(reads_places=true, is_of_changed_units=true) }} (

    select * from changed_rows
    {{ with_rows_in_reach('changed_rows') }}

),

typed as {{ inlined(reads_places=true) }} (

    select
        -- keys
        property,
        session_id,
        user_id,
        campaign_id,

        -- timestamps
        {{ local_date('event_date') }} as session_date,
        {{ local_timestamp_of('event_date', 'event_time') }} as timed_at_local,
        event_time as raw_time,

        -- attributes
        channel_name as source_channel,
        campaign_name,
        market,
        {{ flag('holder_engagement') }} as is_holder_engaged,
        {{ flag('closer_engagement') }} as is_closer_engaged,
        {{ flag('impression_interaction') }} as is_impression,

        -- measures
        {{ amount('cpc', 6, digits=7) }} as click_cost,
        cpc as raw_click_cost,

        -- the row as it came
        source_row

    from raw_rows

),

judged as {{ inlined(reads_places=true) }} (

    select
        *,
        case
            when session_id is null then 'session_id is missing'
            when session_date is null then 'event_date is not a date'
            when raw_time is not null and timed_at_local is null
                then 'event_time is not a time'
            when raw_click_cost is not null and click_cost is null
                then 'cpc is not an amount'
        end as fault

    from typed

),

{{ copies_numbered(
    ['property', 'session_id'],
    order_by=[
        'user_id',
        'session_date',
        'timed_at_local',
        'source_channel',
        'campaign_name',
        'campaign_id',
        'market',
        'click_cost',
        'is_holder_engaged',
        'is_closer_engaged',
        'is_impression',
        'source_row',
    ],
) }},

final as (

    select
        -- keys
        property,
        session_id,
        user_id,
        campaign_id,

        -- timestamps
        session_date,
        coalesce(timed_at_local, cast(session_date as timestamp)) as started_at_local,

        -- attributes
        source_channel,
        campaign_name,
        market,
        is_holder_engaged,
        is_closer_engaged,
        is_impression,

        -- measures
        click_cost,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'session_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
