-- Which campaigns bring sessions, conversions and revenue?
--
-- One row per property and campaign, `(all)` together first, then by revenue, as the
-- model of var default_attribution_model credits it.
-- Sessions of no campaign are `(no campaign)`, revenue that no session led to is
-- `(no touchpoint)`: with them the rows add up to all sessions and all revenue. cost is
-- what the ad account billed; what only sessions say they cost, of no campaign or of
-- one that nobody billed, is in channels. A campaign is called what most of its
-- sessions call it.

with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

credits as (

    select * from {{ ref('fct_attribution_credits') }}
    where attribution_model = '{{ var("default_attribution_model") }}'

),

billed_campaigns as (

    select * from {{ ref('rpt_campaign_cpc') }}

),

campaign_names as (

    select
        property,
        campaign_id,
        campaign_name,
        row_number() over (
            partition by property, campaign_id
            order by count(*) desc, campaign_name asc
        ) as name_place

    from sessions

    where campaign_id is not null and campaign_name is not null

    group by property, campaign_id, campaign_name

),

session_campaigns as (

    select
        property,
        coalesce(campaign_id, '(no campaign)') as campaign_id,
        count(*) as session_count,
        0 as credited_conversions,
        0 as credited_revenue,
        0 as cost

    from sessions

    group by property, coalesce(campaign_id, '(no campaign)')

),

credited_campaigns as (

    select
        property,
        case
            when touch_number = 0 then '(no touchpoint)'
            else coalesce(campaign_id, '(no campaign)')
        end as campaign_id,
        0 as session_count,
        sum(credit_share) as credited_conversions,
        sum(credited_revenue) as credited_revenue,
        0 as cost

    from credits

    group by
        property,
        case
            when touch_number = 0 then '(no touchpoint)'
            else coalesce(campaign_id, '(no campaign)')
        end

),

costed_campaigns as (

    select
        property,
        campaign_id,
        0 as session_count,
        0 as credited_conversions,
        0 as credited_revenue,
        cost

    from billed_campaigns

),

all_sides as (

    select * from session_campaigns
    union all
    select * from credited_campaigns
    union all
    select * from costed_campaigns

),

campaigns as (

    select
        property,
        coalesce(campaign_id, '(all)') as campaign_id,
        sum(session_count) as session_count,
        sum(credited_conversions) as credited_conversions,
        sum(credited_revenue) as credited_revenue,
        sum(cost) as cost

    from all_sides

    group by property, rollup(campaign_id)

),

totals as (

    select * from campaigns
    where campaign_id = '(all)'

),

final as (

    select
        -- keys
        campaigns.property,
        campaigns.campaign_id,

        -- attributes
        campaign_names.campaign_name,

        -- measures
        campaigns.session_count,
        {{ ratio('campaigns.session_count', 'totals.session_count') }} as session_share,
        campaigns.credited_conversions,
        {{ ratio('campaigns.credited_conversions', 'totals.credited_conversions') }}
            as conversion_share,
        campaigns.credited_revenue,
        {{ ratio('campaigns.credited_revenue', 'totals.credited_revenue') }}
            as revenue_share,
        {{ ratio('campaigns.credited_conversions', 'campaigns.session_count') }}
            as conversion_rate,
        campaigns.cost,
        {{ ratio('campaigns.credited_revenue', 'campaigns.cost') }} as roas

    from campaigns

    inner join totals
        on campaigns.property = totals.property

    left join campaign_names
        on campaigns.property = campaign_names.property
        and campaigns.campaign_id = campaign_names.campaign_id
        and campaign_names.name_place = 1

)

select * from final
order by
    property asc,
    case when campaign_id = '(all)' then 0 else 1 end asc,
    credited_revenue desc,
    session_count desc,
    campaign_id asc
