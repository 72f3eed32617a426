{#
    What ad platforms billed, one row per campaign and day: several rows of one day add
    up, whoever billed them. Clicks are null where no row of the day has any that can be read.
#}

with

ad_costs as (

    select * from {{ ref('int_ad_costs_checked') }}
    where rejection_reason is null

),

summed as (

    select
        -- keys
        property,
        campaign_id,
        cost_date,

        -- attributes
        case when min(platform) = max(platform) then max(platform) else '(several)' end
            as platform,
        bool_or(is_clicks_unreadable) as is_clicks_unreadable,

        -- measures
        cast(sum(cost) as decimal(18, 6)) as cost,
        cast(sum(clicks) as bigint) as clicks

    from ad_costs

    group by property, campaign_id, cost_date

)

select * from summed
