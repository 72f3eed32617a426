{#
    One shape for the sessions that say where they came from: the input contract's, those
    made of page views and those made of GA4's events. Each brings what one event said:
    source, medium and campaign, the address that was opened and the page it came from.
#}

with

contract as (

    select
        -- keys
        property,
        session_id,
        user_id,
        campaign_id,

        -- timestamps
        started_at,
        ended_at,

        -- where it came from
        channel,
        source,
        medium,
        campaign,
        case
            when gclid is not null then 'gclid'
            when msclkid is not null then 'msclkid'
            when ttclid is not null then 'ttclid'
            when fbclid is not null then 'fbclid'
        end as click_id,
        landing_url,
        referrer,

        -- attributes
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
        'sessions' as raw_table,

        -- measures
        session_cost

    from {{ ref('stg_contract__sessions') }}

),

page_views as (

    select
        -- keys
        property,
        session_id,
        user_id,
        {{ null_text() }} as campaign_id,

        -- timestamps
        started_at,
        ended_at,

        -- where it came from
        {{ null_text() }} as channel,
        {{ null_text() }} as source,
        {{ null_text() }} as medium,
        {{ null_text() }} as campaign,
        {{ null_text() }} as click_id,
        landing_url,
        referrer,

        -- attributes
        market,
        device,
        {{ null_text() }} as geo_network,
        {{ null_text() }} as user_grouping,
        {{ null_text() }} as social_engagement,
        {{ null_text() }} as traffic_type,
        {{ null_text() }} as partner,
        is_bounce,
        cast(null as bigint) as visit_number,
        user_agent,
        {{ null_text() }} as currency,
        'page_views' as raw_table,

        -- measures
        cast(null as decimal(18, 6)) as session_cost

    from {{ ref('int_page_view_sessions') }}

),

ga4 as (

    select
        -- keys
        property,
        session_id,
        user_id,
        {{ null_text() }} as campaign_id,

        -- timestamps
        started_at,
        ended_at,

        -- where it came from
        {{ null_text() }} as channel,
        source,
        medium,
        campaign,
        click_id,
        landing_url,
        referrer,

        -- attributes
        market,
        device,
        {{ null_text() }} as geo_network,
        {{ null_text() }} as user_grouping,
        {{ null_text() }} as social_engagement,
        {{ null_text() }} as traffic_type,
        {{ null_text() }} as partner,
        is_bounce,
        visit_number,
        {{ null_text() }} as user_agent,
        {{ null_text() }} as currency,
        'events' as raw_table,

        -- measures
        cast(null as decimal(18, 6)) as session_cost

    from {{ ref('int_ga4_sessions') }}

),

unioned as (

    select * from contract
    union all
    select * from page_views
    union all
    select * from ga4

)

select * from unioned
