{#
    Campaign days whose cost and sessions disagree (the check is the day's status), and
    costs that are missing or stray. Where a property has no table of sessions, there is
    nothing to disagree with.
#}

with

campaign_days as (

    select * from {{ ref('int_campaign_days') }}

),

ad_costs as (

    select * from {{ ref('int_ad_costs') }}

),

properties_with_sessions as (

    select property
    from {{ ref('int_properties') }}
    where has_sessions

),

visited_campaigns as (

    select
        property,
        campaign_id

    from {{ ref('int_campaign_day_channels') }}

    group by property, campaign_id

),

uncovered as (

    select
        campaign_days.property,
        'campaign_day_' || campaign_days.status as check_name,
        campaign_days.campaign_id,
        campaign_days.cost_date,
        abs(coalesce(campaign_days.cost_gap, campaign_days.cost)) as amount

    from campaign_days

    inner join properties_with_sessions
        on campaign_days.property = properties_with_sessions.property

    where campaign_days.status != 'covered'

),

clicks_unreadable as (

    select
        property,
        'campaign_day_clicks_unreadable' as check_name,
        campaign_id,
        cost_date,
        cost as amount

    from campaign_days

    where is_clicks_unreadable

),

campaigns_without_sessions as (

    select
        ad_costs.property,
        'campaign_without_sessions' as check_name,
        ad_costs.campaign_id as finding_key,
        sum(ad_costs.cost) as amount

    from ad_costs

    inner join properties_with_sessions
        on ad_costs.property = properties_with_sessions.property

    left join visited_campaigns
        on ad_costs.property = visited_campaigns.property
        and ad_costs.campaign_id = visited_campaigns.campaign_id

    where visited_campaigns.campaign_id is null

    group by ad_costs.property, ad_costs.campaign_id

),

cost_ranges as (

    select
        property,
        min(cost_date) as first_date,
        max(cost_date) as last_date

    from ad_costs

    group by property

),

cost_days as (

    select
        property,
        {{ days_in_range('first_date', 'last_date') }} as cost_date

    from cost_ranges

),

missing_cost_days as (

    select
        cost_days.property,
        'cost_day_missing' as check_name,
        cast(cost_days.cost_date as {{ dbt.type_string() }}) as finding_key,
        0 as amount

    from cost_days

    left join ad_costs
        on cost_days.property = ad_costs.property
        and cost_days.cost_date = ad_costs.cost_date

    where ad_costs.property is null

),

campaign_day_findings as (

    select * from uncovered
    union all
    select * from clicks_unreadable

),

findings as (

    select
        property,
        check_name,
        campaign_id || '|' || cast(cost_date as {{ dbt.type_string() }}) as finding_key,
        amount
    from campaign_day_findings

    union all

    select * from campaigns_without_sessions
    union all
    select * from missing_cost_days

),

final as (

    select
        property,
        check_name,
        finding_key,
        1 as row_count,
        cast(amount as decimal(38, 6)) as amount

    from findings

)

select * from final
