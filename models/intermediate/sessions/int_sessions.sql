with

sessions as (

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
mapped as (

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

timed as (

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

final as (

    select
        -- keys
        property,
        session_id,
        user_id,
        campaign_id,

        -- timestamps
        started_at,
        session_date,
        ended_at,

        -- attributes
        channel,
        source_channel,
        channel_group,
        is_direct,
        is_paid,
        source,
        medium,
        campaign_name,
        market,
        device,
        geo_network,
        user_grouping,
        social_engagement,
        traffic_type,
        partner,
        is_bounce,
        visit_number,

        -- measures
        case
            when user_id is not null
                then cast(
                    row_number() over (
                        partition by property, user_id
                        order by started_at, session_id
                    ) as bigint
                )
        end as session_number,
        case
            when ended_at >= started_at
                then cast(
                    {{ seconds_between('started_at', 'ended_at') }} as decimal(18, 6)
                )
        end as duration_seconds,
        session_cost

    from timed

)

select * from final
