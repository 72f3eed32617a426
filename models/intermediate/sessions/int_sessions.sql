with

-- computed twice, for the numbers and for the rest: held whole, it would be all columns
sessions as {{ inlined(is_of_changed_units=true) }} (

    select * from {{ ref('int_sessions_counted') }}
    {{ of_changed_units() }}

),

session_costs as (

    select * from {{ ref('int_session_costs') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

channel_mapping as (

    select * from {{ ref('channel_mapping') }}

),

timed as {{ inlined() }} (

    select
        sessions.{{ all_but(['started_at', 'ended_at']) }},
        coalesce(
            sessions.started_at,
            {{ to_utc('sessions.started_at_local', 'properties.time_zone') }}
        ) as started_at,
        coalesce(
            sessions.ended_at,
            {{ to_utc('sessions.ended_at_local', 'properties.time_zone') }}
        ) as ended_at,
        {{ local_day('sessions', 'properties') }} as session_date

    from sessions

    inner join properties
        on sessions.property = properties.property

),

-- numbered with their keys alone: to sort 30 columns takes twice as long as this join
numbered as (

    select
        property,
        session_id,
        cast(row_number() over history as bigint) as session_number,
        lag(session_date) over history as previous_session_date

    from timed

    where user_id is not null

    -- the user first: texts of one property begin alike, and take longer to compare
    window history as (
        partition by user_id, property
        order by started_at, session_id
    )

),

-- a property's own mapping of a channel goes before the one for all properties
mapped as (

    select
        timed.*,
        coalesce(
            own_mapping.channel, shared_mapping.channel, timed.source_channel
        ) as named_channel,
        coalesce(
            own_mapping.channel_group, shared_mapping.channel_group, '(unmapped)'
        ) as channel_group,
        coalesce(
            own_mapping.is_direct,
            shared_mapping.is_direct,
            {{ is_direct(unreserved('timed.source_channel')) }}
        ) as is_direct,
        coalesce(own_mapping.is_paid, shared_mapping.is_paid) as is_paid

    from timed

    left join channel_mapping as own_mapping
        on timed.property = own_mapping.property
        and timed.source_channel = own_mapping.source_channel

    left join channel_mapping as shared_mapping
        on shared_mapping.property = '*'
        and timed.source_channel = shared_mapping.source_channel

),

final as (

    select
        -- keys
        mapped.property,
        mapped.session_id,
        mapped.user_id,
        mapped.campaign_id,

        -- timestamps
        mapped.started_at,
        mapped.session_date,
        numbered.previous_session_date,
        mapped.ended_at,

        -- attributes
        coalesce({{ unreserved('mapped.named_channel') }}, '(unknown)') as channel,
        mapped.source_channel,
        mapped.channel_group,
        mapped.is_direct,
        mapped.is_paid,
        mapped.source,
        mapped.medium,
        mapped.campaign_name,
        mapped.market,
        {{ unreserved('mapped.device') }} as device,
        mapped.geo_network,
        mapped.user_grouping,
        mapped.social_engagement,
        mapped.traffic_type,
        {{ unreserved('mapped.partner') }} as partner,
        mapped.is_bounce,
        mapped.visit_number,

        -- measures
        case
            when mapped.user_id is not null then coalesce(numbered.session_number, 1)
        end as session_number,
        case
            when mapped.ended_at >= mapped.started_at
                then cast(
                    {{ seconds_between('mapped.started_at', 'mapped.ended_at') }}
                    as decimal(18, 6)
                )
        end as duration_seconds,
        coalesce(session_costs.session_cost, mapped.session_cost) as session_cost

    from mapped

    -- a quarter less to look for: a first session is told by what is not found
    left join numbered
        on mapped.property = numbered.property
        and mapped.session_id = numbered.session_id
        and numbered.session_number > 1

    left join session_costs
        on mapped.property = session_costs.property
        and mapped.session_id = session_costs.session_id

)

select * from final
