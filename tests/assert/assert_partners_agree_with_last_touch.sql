-- Where last_touch is among the attribution models, its credits say the same of each
-- partner as rpt_traffic_partners, which does not read them.

with

credited as (

    select
        credits.property,
        sessions.partner,
        sum(credits.credited_revenue) as revenue,
        count(*) as conversion_count

    from {{ ref('fct_attribution_credits') }} as credits

    inner join {{ ref('fct_sessions') }} as sessions
        on credits.property = sessions.property
        and credits.session_id = sessions.session_id

    where
        credits.attribution_model = 'last_touch'
        and credits.credit_share = 1
        and sessions.traffic_type = 'indirect'
        and sessions.partner is not null

    group by credits.property, sessions.partner

),

computed as (

    select property
    from {{ ref('fct_attribution_credits') }}
    where attribution_model = 'last_touch'
    group by property

),

reported as (

    select
        partners.property,
        partners.partner,
        partners.revenue,
        partners.conversion_count

    from {{ ref('rpt_traffic_partners') }} as partners

    inner join computed
        on partners.property = computed.property

    where
        partners.traffic_type = 'indirect'
        and partners.partner != '(unknown)'
        and partners.conversion_count > 0

)

select
    coalesce(credited.property, reported.property) as property,
    coalesce(credited.partner, reported.partner) as partner,
    credited.revenue as credited_revenue,
    reported.revenue as reported_revenue

from credited

full join reported
    on credited.property = reported.property
    and credited.partner = reported.partner

where
    credited.revenue is distinct from reported.revenue
    or credited.conversion_count is distinct from reported.conversion_count
