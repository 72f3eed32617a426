{#
    What each campaign was billed for a day, beside what its sessions say they cost.
#}

with

ad_costs as (

    select * from {{ ref('int_ad_costs') }}

),

channels as (

    select * from {{ ref('int_campaign_day_channels') }}

),

campaigns as (

    select * from {{ ref('int_campaigns') }}

),

properties as (

    select * from {{ ref('int_properties') }}
    where has_ad_costs

),

session_days as (

    select
        property,
        campaign_id,
        cost_date,
        sum(session_count) as session_count,
        sum(session_cost) as session_cost

    from channels

    group by property, campaign_id, cost_date

),

both_sides as (

    select
        coalesce(ad_costs.property, session_days.property) as property,
        coalesce(ad_costs.campaign_id, session_days.campaign_id) as campaign_id,
        coalesce(ad_costs.cost_date, session_days.cost_date) as cost_date,
        ad_costs.platform,
        coalesce(ad_costs.is_clicks_unreadable, false) as is_clicks_unreadable,
        coalesce(ad_costs.cost, 0) as cost,
        ad_costs.clicks,
        coalesce(session_days.session_count, 0) as session_count,
        coalesce(session_days.session_cost, 0) as session_cost

    from ad_costs

    full join session_days
        on ad_costs.property = session_days.property
        and ad_costs.campaign_id = session_days.campaign_id
        and ad_costs.cost_date = session_days.cost_date

),

final as (

    select
        -- keys
        both_sides.property,
        both_sides.campaign_id,
        both_sides.cost_date,

        -- attributes
        campaigns.campaign_name,
        both_sides.platform,
        both_sides.is_clicks_unreadable,
        {{ cost_status('both_sides.') }} as status,

        -- measures
        both_sides.cost,
        both_sides.clicks,
        both_sides.session_count,
        both_sides.session_cost,
        both_sides.cost - both_sides.session_cost as cost_gap,
        both_sides.clicks - both_sides.session_count as click_gap

    from both_sides

    inner join properties
        on both_sides.property = properties.property

    left join campaigns
        on both_sides.property = campaigns.property
        and both_sides.campaign_id = campaigns.campaign_id

)

select * from final
