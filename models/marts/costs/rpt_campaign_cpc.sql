with

campaign_days as (

    select * from {{ ref('fct_campaign_days') }}

),

campaigns as (

    select
        property,
        campaign_id,
        max(campaign_name) as campaign_name,
        sum(cost) as cost,
        sum(clicks) as clicks,
        sum(session_count) as session_count,
        sum(session_cost) as session_cost,
        count(*) as day_count,
        sum(case when status != 'covered' then 1 else 0 end) as uncovered_day_count

    from campaign_days

    group by property, campaign_id

),

final as (

    select
        -- keys
        property,
        campaign_id,

        -- attributes
        campaign_name,
        {{ cost_status() }} as status,

        -- measures
        cast(cost as decimal(18, 6)) as cost,
        cast(clicks as bigint) as clicks,
        {{ ratio('cost', 'clicks') }} as cpc,
        cast(session_count as bigint) as session_count,
        cast(session_cost as decimal(18, 6)) as session_cost,
        {{ ratio('session_cost', 'cost') }} as cost_coverage,
        {{ ratio('session_count', 'clicks') }} as click_coverage,
        cast(day_count as bigint) as day_count,
        cast(uncovered_day_count as bigint) as uncovered_day_count

    from campaigns

)

select * from final
