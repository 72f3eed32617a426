-- What comes of direct traffic?
--
-- One row per property and partner, by sessions. Conversions and revenue by last touch;
-- a bounce rate is over the sessions that say.

with

partners as (

    select * from {{ ref('rpt_traffic_partners') }}
    where traffic_type = 'direct'

),

sessions as (

    select
        property,
        '(direct)' as partner,
        max(visit_number) as highest_visit_number,
        {{ ratio('sum(visit_number)', 'count(visit_number)') }} as mean_visit_number,
        min(session_date) as first_date,
        max(session_date) as last_date

    from {{ ref('fct_sessions') }}

    where traffic_type = 'direct'

    group by property

),

final as (

    select
        -- keys
        partners.property,
        partners.partner,

        -- measures
        partners.visitor_count,
        partners.session_count,
        {{ ratio('partners.session_count', 'partners.visitor_count') }}
            as sessions_per_visitor,
        sessions.mean_visit_number,
        sessions.highest_visit_number,
        partners.bounce_count,
        {{ ratio('partners.bounce_count', 'partners.judged_session_count') }}
            as bounce_rate,
        partners.returning_visitor_count,
        partners.non_buyer_count,
        partners.conversion_count,
        {{ ratio('partners.conversion_count', 'partners.session_count') }}
            as conversion_rate,
        partners.revenue,
        sessions.first_date,
        sessions.last_date

    from partners

    inner join sessions
        on partners.property = sessions.property
        and partners.partner = sessions.partner

)

select * from final
order by property asc, session_count desc, partner asc
