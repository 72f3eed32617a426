{#
    The sessions that GA4's events make. Where it came from is what its first event says
    that says any of it: the event's own traffic source, else its parameters, all three of
    one. Where none does, what Google Analytics reports for the session; where that is
    absent too, the first page's address and referrer decide.
#}

with

-- read twice: held once, it would be all columns
events as {{ inlined() }} (

    select * from {{ ref('stg_ga4__events') }}

    where session_id is not null

),

visitors as (

    select * from {{ ref('int_ga4_visitors') }}

),

stated as (

    select
        *,
        case
            when
                coalesce(collected_source, collected_medium, collected_campaign)
                is not null
                then 'event'
            when
                coalesce(parameter_source, parameter_medium, parameter_campaign)
                is not null
                then 'parameters'
            when click_id is not null then 'click id'
        end as stated_by,
        coalesce(reported_source, reported_medium, reported_campaign) is not null
            as is_reported

    from events

),

-- the event that decides: the first that says it, else the first with Google's report,
-- else the first with an address, else the first
ranked as (

    select
        *,
        row_number() over (
            partition by property, session_id
            order by
                case
                    when stated_by is not null then 1
                    when is_reported then 2
                    when page_url is not null then 3
                    else 4
                end asc,
                occurred_at asc nulls last,
                batch_page_id asc nulls last,
                batch_ordering_id asc nulls last,
                batch_event_index asc nulls last,
                event_id asc nulls last
        ) as decision_number

    from stated

),

deciding_events as (

    select
        property,
        session_id,
        case
            when stated_by = 'event' then collected_source
            when stated_by = 'parameters' then parameter_source
            when stated_by is null then reported_source
        end as source,
        case
            when stated_by = 'event' then collected_medium
            when stated_by = 'parameters' then parameter_medium
            when stated_by is null then reported_medium
        end as medium,
        case
            when stated_by = 'event' then collected_campaign
            when stated_by = 'parameters' then parameter_campaign
            when stated_by is null then reported_campaign
        end as campaign,
        click_id,
        page_url as landing_url,
        referrer

    from ranked

    where decision_number = 1

),

sessions as (

    select
        property,
        session_id,
        min(visitor_id) as visitor_id,
        min(user_id) as user_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(device) as device,
        min(market) as market,
        min(session_number) as visit_number,
        bool_or(session_engaged in ('1', 'true')) as is_engaged

    from events

    group by property, session_id

),

final as (

    select
        -- keys
        sessions.property,
        sessions.session_id,
        coalesce(sessions.user_id, visitors.user_id, sessions.visitor_id) as user_id,

        -- timestamps
        sessions.started_at,
        sessions.ended_at,

        -- where it came from
        deciding_events.source,
        deciding_events.medium,
        deciding_events.campaign,
        deciding_events.click_id,
        deciding_events.landing_url,
        deciding_events.referrer,

        -- attributes
        sessions.market,
        sessions.device,
        not sessions.is_engaged as is_bounce,
        sessions.visit_number

    from sessions

    inner join deciding_events
        on sessions.property = deciding_events.property
        and sessions.session_id = deciding_events.session_id

    left join visitors
        on sessions.property = visitors.property
        and sessions.visitor_id = visitors.visitor_id

)

select * from final
