with

-- computed twice, for the numbers and for the rest: held whole, it would be all columns
sessions as {{ inlined(is_of_changed_units=true) }} (

    select * from {{ ref('int_sessions_counted') }}
    {{ of_changed_units() }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

channel_mapping as (

    select * from {{ ref('channel_mapping') }}

),

-- a property's own mapping of a channel goes before the one for all properties
mapped as {{ inlined() }} (

    select
        sessions.*,
        properties.time_zone,
        coalesce(
            own_mapping.channel,
            shared_mapping.channel,
            sessions.source_channel,
            '(unknown)'
        ) as channel,
        coalesce(
            own_mapping.channel_group, shared_mapping.channel_group, '(unmapped)'
        ) as channel_group,
        coalesce(
            own_mapping.is_direct,
            shared_mapping.is_direct,
            {{ is_direct('sessions.source_channel') }}
        ) as is_direct,
        coalesce(own_mapping.is_paid, shared_mapping.is_paid) as is_paid

    from sessions

    inner join properties
        on sessions.property = properties.property

    left join channel_mapping as own_mapping
        on sessions.property = own_mapping.property
        and sessions.source_channel = own_mapping.source_channel

    left join channel_mapping as shared_mapping
        on shared_mapping.property = '*'
        and sessions.source_channel = shared_mapping.source_channel

),

timed as {{ inlined() }} (

    select
        {{ all_but(['started_at', 'ended_at']) }},
        coalesce(started_at, {{ to_utc('started_at_local', 'time_zone') }})
            as started_at,
        coalesce(ended_at, {{ to_utc('ended_at_local', 'time_zone') }}) as ended_at,
        cast(
            coalesce(started_at_local, {{ to_local('started_at', 'time_zone') }})
            as date
        ) as session_date

    from mapped

),

-- numbered with their keys alone: to sort 30 columns takes twice as long as this join
numbered as (

    select
        property,
        session_id,
        cast(
            row_number() over (
                partition by property, user_id
                order by started_at, session_id
            ) as bigint
        ) as session_number

    from timed

    where user_id is not null

),

final as (

    select
        -- keys
        timed.property,
        timed.session_id,
        timed.user_id,
        timed.campaign_id,

        -- timestamps
        timed.started_at,
        timed.session_date,
        timed.ended_at,

        -- attributes
        timed.channel,
        timed.source_channel,
        timed.channel_group,
        timed.is_direct,
        timed.is_paid,
        timed.source,
        timed.medium,
        timed.campaign_name,
        timed.market,
        timed.device,
        timed.geo_network,
        timed.user_grouping,
        timed.social_engagement,
        timed.traffic_type,
        timed.partner,
        timed.is_bounce,
        timed.visit_number,

        -- measures
        numbered.session_number,
        case
            when timed.ended_at >= timed.started_at
                then cast(
                    {{ seconds_between('timed.started_at', 'timed.ended_at') }}
                    as decimal(18, 6)
                )
        end as duration_seconds,
        timed.session_cost

    from timed

    left join numbered
        on timed.property = numbered.property
        and timed.session_id = numbered.session_id

)

select * from final
