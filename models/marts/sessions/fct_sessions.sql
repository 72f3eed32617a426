with

sessions as (

    select * from {{ ref('int_sessions') }}

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
        session_number,

        -- measures
        duration_seconds,
        session_cost

    from sessions

)

select * from final
