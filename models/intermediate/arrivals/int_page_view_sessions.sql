{#
    The sessions that page views make. Where it came from is what the first view says. A
    session is of the user that its views name, else of the one that the visitor's other
    views name if it is one alone, else of the visitor.
#}

with

page_views as {{ inlined() }} (

    select * from {{ ref('int_page_views_sessionised') }}

),

visitors as (

    select
        property,
        visitor_id,
        case when min(user_id) = max(user_id) then min(user_id) end as user_id

    from page_views

    group by property, visitor_id

),

first_views as (

    select
        *,
        -- its place among the sessions that begin at one instant
        row_number() over (
            partition by property, visitor_id, viewed_at order by view_number
        ) as start_number

    from page_views

    where is_first_view

),

sessions as (

    select
        property,
        visitor_id,
        visit_number,
        max(viewed_at) as ended_at,
        count(*) as view_count,
        min(user_id) as user_id,
        -- a view that says nothing of it takes no refusal back
        coalesce(bool_or(has_consent), true) as has_consent,
        min(market) as market,
        min(device) as device,
        min(user_agent) as user_agent

    from page_views

    group by property, visitor_id, visit_number

),

final as (

    select
        -- keys
        sessions.property,
        {{ surrogate_key([
            'sessions.visitor_id', 'first_views.viewed_at', 'first_views.start_number'
        ]) }} as session_id,
        case
            when sessions.has_consent
                then coalesce(sessions.user_id, visitors.user_id, sessions.visitor_id)
        end as user_id,

        -- timestamps
        first_views.viewed_at as started_at,
        sessions.ended_at,

        -- where it came from
        first_views.page_url as landing_url,
        first_views.referrer,

        -- attributes
        coalesce(first_views.market, sessions.market) as market,
        coalesce(first_views.device, sessions.device) as device,
        coalesce(first_views.user_agent, sessions.user_agent) as user_agent,
        sessions.view_count = 1 as is_bounce

    from sessions

    inner join first_views
        on sessions.property = first_views.property
        and sessions.visitor_id = first_views.visitor_id
        and sessions.visit_number = first_views.visit_number

    inner join visitors
        on sessions.property = visitors.property
        and sessions.visitor_id = visitors.visitor_id

)

select * from final
