-- What does a click cost by campaign?
--
-- One row per property and campaign, `(all)` together first, then the dearest click
-- first. A property without a cost table has no row.
-- cpc is the billed cost / billed clicks, empty where none was billed. session_price is
-- what the campaign's sessions themselves say they cost, for each: the two agree where
-- bill and sessions agree (adwords_cost_coverage says where they do not).

with

campaigns as (

    select * from {{ ref('rpt_campaign_cpc') }}

),

clicks_priced as (

    select
        property,
        coalesce(campaign_id, '(all)') as campaign_id,
        case when grouping(campaign_id) = 0 then max(campaign_name) end
            as campaign_name,
        sum(cost) as cost,
        sum(clicks) as clicks,
        sum(session_count) as session_count,
        sum(session_cost) as session_cost

    from campaigns

    group by property, rollup(campaign_id)

),

final as (

    select
        -- keys
        property,
        campaign_id,

        -- attributes
        campaign_name,

        -- measures
        cost,
        clicks,
        {{ ratio('cost', 'clicks') }} as cpc,
        session_count,
        session_cost,
        {{ ratio('session_cost', 'session_count') }} as session_price

    from clicks_priced

)

select * from final
order by
    property asc,
    case when campaign_id = '(all)' then 0 else 1 end asc,
    cpc desc nulls last,
    campaign_id asc
