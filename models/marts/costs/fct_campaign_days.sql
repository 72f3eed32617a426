with

campaign_days as (

    select * from {{ ref('int_campaign_days') }}

),

final as (

    select
        -- keys
        property,
        campaign_id,
        cost_date,

        -- attributes
        campaign_name,
        platform,
        status,

        -- measures
        cast(cost as decimal(18, 6)) as cost,
        clicks,
        cast(session_count as bigint) as session_count,
        cast(session_cost as decimal(18, 6)) as session_cost,
        cast(cost_gap as decimal(18, 6)) as cost_gap,
        cast(click_gap as bigint) as click_gap

    from campaign_days

)

select * from final
