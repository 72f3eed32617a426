{#
    Every raw session, typed and judged. A session whose time is absent began at
    midnight; one whose time cannot be read is rejected.
#}

with

-- read twice from the file: numbering all sessions would take three times as long
raw_rows as {{ inlined(reads_places=true, is_of_changed_units=true) }} (

    select * from {{ raw('company_x', 'session_sources') }}
    {{ of_changed_units() }}

),

typed as {{ inlined(reads_places=true) }} (

    select
        -- keys
        property,
        {{ text('session_id') }} as session_id,
        {{ text('user_id') }} as user_id,
        {{ text('campaign_id') }} as campaign_id,

        -- timestamps
        {{ local_date('event_date') }} as session_date,
        {{ local_timestamp_of('event_date', 'event_time') }} as timed_at_local,
        {{ text('event_time') }} as raw_time,

        -- attributes
        {{ text('channel_name') }} as source_channel,
        {{ text('campaign_name') }} as campaign_name,
        {{ text('market') }} as market,
        {{ flag('holder_engagement') }} as is_holder_engaged,
        {{ flag('closer_engagement') }} as is_closer_engaged,
        {{ flag('impression_interaction') }} as is_impression,

        -- measures
        {{ amount('cpc', 6) }} as click_cost,
        {{ text('cpc') }} as raw_click_cost,

        -- the row as it came
        {{ row_as_struct(raw_columns('company_x', 'session_sources')) }} as source_row

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
        end as fault,
        {{ row_hash(['property', 'session_id']) }} as id_hash

    from typed

),

-- Rows with one id share a hash, and few others do. Numbering these alone spares
-- sorting all of them; the hash decides nothing else.
shared_hashes as (

    select id_hash

    from judged

    group by id_hash

    having count(*) > 1

),

alike_numbered as (

    select
        judged.*,
        row_number() over (
            partition by judged.property, judged.session_id, judged.fault
            order by
                judged.user_id nulls last,
                judged.session_date nulls last,
                judged.timed_at_local nulls last,
                judged.source_channel nulls last,
                judged.campaign_name nulls last,
                judged.campaign_id nulls last,
                judged.market nulls last,
                judged.click_cost nulls last,
                judged.is_holder_engaged nulls last,
                judged.is_closer_engaged nulls last,
                judged.is_impression nulls last
        ) as copy_number

    from judged

    inner join shared_hashes
        on judged.id_hash = shared_hashes.id_hash

),

copies_numbered as (

    select * from alike_numbered

    union all

    select
        judged.*,
        1 as copy_number
    from judged
    left join shared_hashes
        on judged.id_hash = shared_hashes.id_hash
    where shared_hashes.id_hash is null

),

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
