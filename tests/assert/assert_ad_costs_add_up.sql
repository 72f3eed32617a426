-- All that the ad account billed, except what is too large to add up, is in
-- fct_campaign_days and in rpt_channel_costs, day by day, to the last decimal; its
-- clicks are, too.

with

staged as (

    select
        property,
        cost_date,
        cost,
        clicks
    from {{ ref('stg_company_x__api_adwords_costs') }}

    union all

    select
        property,
        cost_date,
        cost,
        null as clicks
    from {{ ref('stg_afisha__costs') }}

    union all

    select
        property,
        cost_date,
        cost,
        clicks
    from {{ ref('int_ad_costs_checked') }}
    where raw_table = 'ad_costs' and rejection_reason is null

    union all

    select
        property,
        cost_date,
        -cost as cost,
        -clicks as clicks
    from {{ ref('int_ad_costs_checked') }}
    where raw_table != 'ad_costs' and rejection_reason is not null

),

billed as (

    select
        property,
        cost_date as report_date,
        sum(cost) as cost,
        coalesce(sum(clicks), 0) as clicks

    from staged

    group by property, cost_date

),

campaign_days as (

    select
        property,
        cost_date as report_date,
        sum(cost) as cost,
        coalesce(sum(clicks), 0) as clicks

    from {{ ref('fct_campaign_days') }}

    group by property, cost_date

),

channels as (

    select
        property,
        report_date,
        sum(ad_cost) as cost,
        sum(clicks) as clicks

    from {{ ref('rpt_channel_costs') }}

    group by property, report_date

),

days as (

    select
        property,
        report_date
    from billed
    union
    select
        property,
        report_date
    from campaign_days
    union
    select
        property,
        report_date
    from channels

)

select
    days.property,
    days.report_date,
    billed.cost as billed_cost,
    campaign_days.cost as campaign_cost,
    channels.cost as channel_cost

from days

left join billed
    on days.property = billed.property
    and days.report_date = billed.report_date

left join campaign_days
    on days.property = campaign_days.property
    and days.report_date = campaign_days.report_date

left join channels
    on days.property = channels.property
    and days.report_date = channels.report_date

where
    coalesce(billed.cost, 0) != coalesce(campaign_days.cost, 0)
    or coalesce(billed.cost, 0) != coalesce(channels.cost, 0)
    or coalesce(billed.clicks, 0) != coalesce(campaign_days.clicks, 0)
    or coalesce(billed.clicks, 0) != coalesce(channels.clicks, 0)
