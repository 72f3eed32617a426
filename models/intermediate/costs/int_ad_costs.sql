{#
    What ad platforms billed, one row per campaign and day: several rows of one day add
    up. Clicks are null where no row of the day has any that can be read.
#}

with

company_x as (

    select
        property,
        campaign_id,
        cost_date,
        'adwords' as platform,
        is_clicks_unreadable,
        cost,
        clicks

    from {{ ref('stg_company_x__api_adwords_costs') }}

),

afisha as (

    select
        property,
        source_id as campaign_id,
        cost_date,
        'source' as platform,
        false as is_clicks_unreadable,
        cost,
        cast(null as bigint) as clicks

    from {{ ref('stg_afisha__costs') }}

),

contract as (

    select
        property,
        campaign_id,
        cost_date,
        coalesce(platform, '(unknown)') as platform,
        is_clicks_unreadable,
        cost,
        clicks

    from {{ ref('stg_contract__ad_costs') }}

),

unioned as (

    select * from company_x
    union all
    select * from afisha
    union all
    select * from contract

),

summed as (

    select
        -- keys
        property,
        campaign_id,
        cost_date,

        -- attributes
        max(platform) as platform,
        bool_or(is_clicks_unreadable) as is_clicks_unreadable,

        -- measures
        cast(sum(cost) as decimal(18, 6)) as cost,
        cast(sum(clicks) as bigint) as clicks

    from unioned

    group by property, campaign_id, cost_date

)

select * from summed
