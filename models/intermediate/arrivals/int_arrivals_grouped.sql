{#
    The channel of each session: as it says itself, else its group by source, medium and
    campaign. Of a property that never says any of it the channel is unknown, not direct.
#}

with

arrivals as (

    select * from {{ ref('int_arrivals_sourced') }}

),

channel_sources as (

    select * from {{ ref('channel_sources') }}

),

properties_with_origins as (

    select
        property,
        bool_or(has_origin) as has_origins

    from arrivals

    group by property

),

grouped as (

    select
        arrivals.*,
        properties_with_origins.has_origins,
        case
            when properties_with_origins.has_origins
                then {{ default_channel_group(
                    'arrivals.source',
                    'arrivals.medium',
                    'arrivals.campaign',
                    'channel_sources.source_category'
                ) }}
        end as default_channel

    from arrivals

    inner join properties_with_origins
        on arrivals.property = properties_with_origins.property

    left join channel_sources
        on {{ plain('arrivals.source') }} = channel_sources.source

),

final as (

    select
        -- keys
        property,
        session_id,
        user_id,
        -- a campaign without an id is known by its name
        coalesce(campaign_id, campaign) as campaign_id,

        -- timestamps
        started_at,
        ended_at,

        -- attributes
        coalesce(channel, default_channel) as source_channel,
        case when has_origins then source end as source,
        case when has_origins then medium end as medium,
        campaign as campaign_name,
        market,
        device,
        geo_network,
        user_grouping,
        social_engagement,
        traffic_type,
        partner,
        is_bounce,
        visit_number,
        user_agent,
        currency,
        raw_table,

        -- measures
        session_cost

    from grouped

)

select * from final
