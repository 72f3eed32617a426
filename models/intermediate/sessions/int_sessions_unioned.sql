{#
    One shape for the sessions of all layouts. A layout fills what it knows: times are in
    UTC where staging knows the clock, else still on the property's own. Costs that come
    in a table of their own are in int_session_costs.
#}

with

company_x as (

    select
        -- keys
        property,
        session_id,
        user_id,
        campaign_id,

        -- timestamps
        started_at_local,
        cast(null as timestamp) as ended_at_local,
        cast(null as timestamp) as started_at,
        cast(null as timestamp) as ended_at,

        -- attributes
        source_channel,
        {{ null_text() }} as source,
        {{ null_text() }} as medium,
        campaign_name,
        market,
        {{ null_text() }} as device,
        {{ null_text() }} as geo_network,
        {{ null_text() }} as user_grouping,
        {{ null_text() }} as social_engagement,
        {{ null_text() }} as traffic_type,
        {{ null_text() }} as partner,
        cast(null as boolean) as is_bounce,
        cast(null as bigint) as visit_number,
        {{ null_text() }} as user_agent,
        {{ null_text() }} as currency,
        'session_sources' as raw_table,

        -- measures
        click_cost as session_cost

    from {{ ref('stg_company_x__session_sources') }}

),

-- a source is campaign and channel in one: it is billed, and it brings the visit
afisha as (

    select
        -- keys
        property,
        session_id,
        user_id,
        source_id as campaign_id,

        -- timestamps
        started_at_local,
        ended_at_local,
        cast(null as timestamp) as started_at,
        cast(null as timestamp) as ended_at,

        -- attributes
        source_id as source_channel,
        {{ null_text() }} as source,
        {{ null_text() }} as medium,
        {{ null_text() }} as campaign_name,
        {{ null_text() }} as market,
        device,
        {{ null_text() }} as geo_network,
        {{ null_text() }} as user_grouping,
        {{ null_text() }} as social_engagement,
        {{ null_text() }} as traffic_type,
        {{ null_text() }} as partner,
        cast(null as boolean) as is_bounce,
        cast(null as bigint) as visit_number,
        {{ null_text() }} as user_agent,
        {{ null_text() }} as currency,
        'visits' as raw_table,

        -- measures
        cast(null as decimal(18, 6)) as session_cost

    from {{ ref('stg_afisha__visits') }}

),

-- the partner that sent a visitor is the channel; a direct visit may not name one
vivid_seats_traffic as (

    select
        *,
        'indirect' as traffic_type
    from {{ ref('stg_vivid_seats__indirect_traffic') }}

    union all

    select
        *,
        'direct' as traffic_type
    from {{ ref('stg_vivid_seats__direct_traffic') }}

),

vivid_seats as (

    select
        -- keys
        property,
        session_id,
        visitor_id as user_id,
        {{ null_text() }} as campaign_id,

        -- timestamps
        started_at_local,
        cast(null as timestamp) as ended_at_local,
        cast(null as timestamp) as started_at,
        cast(null as timestamp) as ended_at,

        -- attributes
        case
            when traffic_type = 'direct' then coalesce(traffic_source, '(direct)')
            else traffic_source
        end as source_channel,
        {{ null_text() }} as source,
        {{ null_text() }} as medium,
        {{ null_text() }} as campaign_name,
        {{ null_text() }} as market,
        device,
        geo_network,
        user_grouping,
        social_engagement,
        traffic_type,
        case when traffic_type = 'indirect' then traffic_source end as partner,
        is_bounce,
        visit_number,
        {{ null_text() }} as user_agent,
        {{ null_text() }} as currency,
        traffic_type || '_traffic' as raw_table,

        -- measures
        cast(null as decimal(18, 6)) as session_cost

    from vivid_seats_traffic

),

-- the input contract, page views and GA4: sessions that say where they came from
arrivals as (

    select
        -- keys
        property,
        session_id,
        user_id,
        campaign_id,

        -- timestamps
        cast(null as timestamp) as started_at_local,
        cast(null as timestamp) as ended_at_local,
        started_at,
        ended_at,

        -- attributes
        source_channel,
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
        user_agent,
        currency,
        raw_table,

        -- measures
        session_cost

    from {{ ref('int_arrivals_grouped') }}

),

unioned as (

    select * from company_x
    union all
    select * from afisha
    union all
    select * from vivid_seats
    union all
    select * from arrivals

)

select * from unioned
