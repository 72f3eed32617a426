{#
    Each campaign day's cost and clicks, shared over the channels of the campaign's
    sessions of that day in proportion to their number. A day without sessions stands
    under `(no session)`.

    The steps of a rounded running total add up to the whole, whatever is rounded.
#}

with

ad_costs as (

    select * from {{ ref('int_ad_costs') }}

),

channels as (

    select * from {{ ref('int_campaign_day_channels') }}

),

counted as (

    select
        property,
        campaign_id,
        cost_date,
        channel,
        session_count,
        sum(session_count) over (
            partition by property, campaign_id, cost_date
            order by channel
            rows unbounded preceding
        ) as running_count,
        sum(session_count) over (
            partition by property, campaign_id, cost_date
        ) as total_count

    from channels

),

placed as (

    select
        ad_costs.property,
        ad_costs.campaign_id,
        ad_costs.cost_date,
        coalesce(counted.channel, '(no session)') as channel,
        cast(1000000 * cast(ad_costs.cost as decimal(38, 6)) as bigint) as cost_micros,
        ad_costs.clicks,
        coalesce(counted.session_count, 1) as session_count,
        coalesce(counted.running_count, 1) as running_count,
        coalesce(counted.total_count, 1) as total_count

    from ad_costs

    left join counted
        on ad_costs.property = counted.property
        and ad_costs.campaign_id = counted.campaign_id
        and ad_costs.cost_date = counted.cost_date

),

shared as (

    select
        -- keys
        property,
        campaign_id,
        cost_date,
        channel,

        -- measures
        cast(
            (
                {{ rounded_part('cost_micros', 'running_count', 'total_count') }}
                - {{ rounded_part(
                    'cost_micros', 'running_count - session_count', 'total_count'
                ) }}
            ) * 0.000001 as decimal(18, 6)
        ) as ad_cost,
        {{ rounded_part('clicks', 'running_count', 'total_count') }}
        - {{ rounded_part('clicks', 'running_count - session_count', 'total_count') }}
            as clicks

    from placed

)

select * from shared
