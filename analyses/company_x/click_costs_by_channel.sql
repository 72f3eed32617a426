-- What does a click cost by channel?
--
-- One row per property and channel, `(all)` together first, then by cost.
-- ad_cost and clicks are the ad account's, session_only_cost is what only the sessions
-- know, cost is both. billed_cpc is ad_cost / clicks: what a click cost where clicks
-- were billed. Where they were not, a paid session is the click: cost_per_session is
-- cost / session_count, free sessions of the channel included. `(no session)` is billed
-- for nobody and has no ratios of its own.

with

channel_costs as (

    select * from {{ ref('rpt_channel_costs') }}

),

channels as (

    select
        property,
        coalesce(channel, '(all)') as channel,
        sum(ad_cost) as ad_cost,
        sum(session_only_cost) as session_only_cost,
        sum(cost) as cost,
        sum(clicks) as clicks,
        sum(session_count) as session_count,
        case when coalesce(channel, '(all)') != '(no session)' then 1 end as judged

    from channel_costs

    group by property, rollup(channel)

),

final as (

    select
        -- keys
        property,
        channel,

        -- measures
        ad_cost,
        clicks,
        {{ ratio('judged * ad_cost', 'clicks') }} as billed_cpc,
        session_only_cost,
        cost,
        session_count,
        {{ ratio('judged * cost', 'session_count') }} as cost_per_session

    from channels

)

select * from final
order by
    property asc,
    case when channel = '(all)' then 0 else 1 end asc,
    cost desc,
    channel asc
