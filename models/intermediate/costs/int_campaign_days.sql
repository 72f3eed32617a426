{#
    What each campaign was billed for a day, beside what its sessions say they cost: in a
    property whose sessions never say, nothing, which is not 0.
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

priced_properties as (

    select property

    from channels

    group by property

    having bool_or(priced_session_count > 0)

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
        session_days.session_cost

    from ad_costs

    full join session_days
        on ad_costs.property = session_days.property
        and ad_costs.campaign_id = session_days.campaign_id
        and ad_costs.cost_date = session_days.cost_date

),

priced as (

    select
        both_sides.property,
        both_sides.campaign_id,
        both_sides.cost_date,
        both_sides.platform,
        both_sides.is_clicks_unreadable,
        both_sides.cost,
        both_sides.clicks,
        both_sides.session_count,
        case
            when priced_properties.property is not null
                then coalesce(both_sides.session_cost, 0)
        end as session_cost

    from both_sides

    inner join properties
        on both_sides.property = properties.property

    left join priced_properties
        on both_sides.property = priced_properties.property

),

final as (

    select
        -- keys
        priced.property,
        priced.campaign_id,
        priced.cost_date,

        -- attributes
        campaigns.campaign_name,
        priced.platform,
        priced.is_clicks_unreadable,
        {{ cost_status('priced.') }} as status,

        -- measures
        priced.cost,
        priced.clicks,
        priced.session_count,
        priced.session_cost,
        priced.cost - priced.session_cost as cost_gap,
        priced.clicks - priced.session_count as click_gap

    from priced

    left join campaigns
        on priced.property = campaigns.property
        and priced.campaign_id = campaigns.campaign_id

)

select * from final
