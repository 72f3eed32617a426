with

ad_costs as (

    select * from {{ ref('int_ad_costs_by_channel') }}

),

costed_campaigns as (

    select
        property,
        campaign_id

    from {{ ref('int_ad_costs') }}

    group by property, campaign_id

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

ad_cost_days as (

    select
        property,
        cost_date as report_date,
        channel,
        sum(ad_cost) as ad_cost,
        sum(clicks) as clicks

    from ad_costs

    group by property, cost_date, channel

),

-- a session's own cost counts where no ad account has billed its campaign, or it would
-- be paid for twice
session_days as (

    select
        sessions.property,
        sessions.session_date as report_date,
        sessions.channel,
        count(*) as session_count,
        sum(
            case
                when costed_campaigns.campaign_id is null then sessions.session_cost
            end
        ) as session_only_cost

    from sessions

    left join costed_campaigns
        on sessions.property = costed_campaigns.property
        and sessions.campaign_id = costed_campaigns.campaign_id

    group by sessions.property, sessions.session_date, sessions.channel

),

both_sides as (

    select
        coalesce(ad_cost_days.property, session_days.property) as property,
        coalesce(ad_cost_days.report_date, session_days.report_date) as report_date,
        coalesce(ad_cost_days.channel, session_days.channel) as channel,
        coalesce(ad_cost_days.ad_cost, 0) as ad_cost,
        coalesce(session_days.session_only_cost, 0) as session_only_cost,
        coalesce(ad_cost_days.clicks, 0) as clicks,
        coalesce(session_days.session_count, 0) as session_count

    from ad_cost_days

    full join session_days
        on ad_cost_days.property = session_days.property
        and ad_cost_days.report_date = session_days.report_date
        and ad_cost_days.channel = session_days.channel

),

final as (

    select
        -- keys
        property,
        report_date,
        channel,

        -- measures
        cast(ad_cost as decimal(18, 6)) as ad_cost,
        cast(session_only_cost as decimal(18, 6)) as session_only_cost,
        cast(ad_cost + session_only_cost as decimal(18, 6)) as cost,
        cast(clicks as bigint) as clicks,
        cast(session_count as bigint) as session_count

    from both_sides

)

select * from final
