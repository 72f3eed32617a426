{#
    What brought each session: what it says itself, else the parameters of the address
    that was opened, else a click id in it, else the page it came from. Source, medium and
    campaign are all three from one of these, but for a click id that goes before a source
    and medium: the campaign stays.
#}

with

arrivals as (

    select * from {{ ref('int_arrivals_unioned') }}

),

click_ids as (

    select * from {{ ref('click_ids') }}

),

channel_sources as (

    select * from {{ ref('channel_sources') }}

),

known_click_ids as (

    select {{ ordered_list('click_id', 'click_id') }} as names from click_ids

),

addresses_read as (

    select
        arrivals.*,
        {{ url_parameter('arrivals.landing_url', 'utm_source') }} as utm_source,
        {{ url_parameter('arrivals.landing_url', 'utm_medium') }} as utm_medium,
        {{ url_parameter('arrivals.landing_url', 'utm_campaign') }} as utm_campaign,
        coalesce(
            arrivals.click_id,
            {{ last_parameter_of('arrivals.landing_url', 'known_click_ids.names') }}
        ) as found_click_id,
        {{ url_host('arrivals.landing_url') }} as landing_host,
        {{ url_host('arrivals.referrer') }} as referrer_host,
        coalesce(
            arrivals.source,
            arrivals.medium,
            arrivals.campaign,
            arrivals.click_id,
            arrivals.landing_url,
            arrivals.referrer
        ) is not null as has_origin

    from arrivals

    cross join known_click_ids

),

-- the page it came from, unless it lies on the same site
referred as (

    select
        *,
        case
            when
                not coalesce(
                    {{ is_same_site('referrer_host', 'landing_host') }}, false
                )
                then coalesce({{ search_engine_of('referrer_host') }}, referrer_host)
        end as referrer_source,
        case
            when coalesce(source, medium, campaign) is not null then 'session'
            when coalesce(utm_source, utm_medium, utm_campaign) is not null
                then 'address'
        end as stated_by

    from addresses_read

),

looked_up as (

    select
        referred.*,
        clicks.source as click_source,
        clicks.medium as click_medium,
        case channel_sources.source_category
            when 'search' then 'organic'
            when 'ai_assistant' then 'ai-assistant'
            else 'referral'
        end as referrer_medium,
        case referred.stated_by
            when 'session' then referred.source
            when 'address' then referred.utm_source
        end as stated_source,
        case referred.stated_by
            when 'session' then referred.medium
            when 'address' then referred.utm_medium
        end as stated_medium,
        case referred.stated_by
            when 'session' then referred.campaign
            when 'address' then referred.utm_campaign
        end as stated_campaign

    from referred

    left join click_ids as clicks
        on referred.found_click_id = clicks.click_id

    left join channel_sources
        on referred.referrer_source = channel_sources.source

),

-- a click id is better than no word, and than words that a tool uses when it knows none
judged as (

    select
        *,
        case
            when
                click_source is not null
                and (
                    stated_by is null
                    or coalesce({{ plain('stated_medium') }}, '') in (
                        '', 'none', '(none)', '(not set)', 'organic'
                    )
                    or (
                        {{ plain('stated_medium') }} = 'referral'
                        and {{ is_same_site(
                            url_host('stated_source'), 'landing_host'
                        ) }}
                    )
                )
                then 'click id'
            when stated_by is not null then stated_by
            when referrer_source is not null then 'referrer'
            else 'nothing'
        end as sourced_by

    from looked_up

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
        ended_at,

        -- where it came from
        channel,
        case
            when sourced_by = 'click id' then click_source
            when sourced_by = 'referrer' then referrer_source
            when sourced_by = 'nothing' then '(direct)'
            else stated_source
        end as source,
        case
            when sourced_by = 'click id' then click_medium
            when sourced_by = 'referrer' then referrer_medium
            when sourced_by = 'nothing' then '(none)'
            else stated_medium
        end as medium,
        case
            when not {{ says_nothing('stated_campaign') }} then stated_campaign
        end as campaign,
        sourced_by,
        has_origin,

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
        raw_table,

        -- measures
        session_cost

    from judged

)

select * from final
