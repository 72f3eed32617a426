{#
    Spend and revenue as logarithms, each less the channel's own mean. What the other
    channels' revenue did in the same week, less what the pooled response says of their
    spend, is the season: it is the same for all.

    Channels with fewer weeks than var budget_min_weeks are no witnesses of a season.
    Logarithms are rounded to decimals, so that sums do not depend on their order.
#}

with

weeks as (

    select * from {{ ref('rpt_budget_weeks') }}
    where has_response

),

logarithms as (

    select
        property,
        channel,
        week_start,
        cast(round(ln(cast(cost as double)), 9) as decimal(18, 9)) as log_cost,
        cast(round(ln(cast(credited_revenue as double)), 9) as decimal(18, 9))
            as log_revenue,
        count(*) over (partition by property, channel) as week_count

    from weeks

),

-- spend and revenue against the channel's own mean
deviations as (

    select
        property,
        channel,
        week_start,
        week_count >= {{ var('budget_min_weeks') }} as is_witness,
        {{ log_deviation('log_cost', 'property, channel') }} as own_cost,
        {{ log_deviation('log_revenue', 'property, channel') }} as own_revenue

    from logarithms

),

witnesses as (

    select
        property,
        week_start,
        count(*) as witness_count,
        sum(own_cost) as cost_sum,
        sum(own_revenue) as revenue_sum

    from deviations

    where is_witness

    group by property, week_start

),

-- nobody is a witness in its own case
others as (

    select
        deviations.*,
        witnesses.witness_count
        - case when deviations.is_witness then 1 else 0 end as other_count,
        witnesses.cost_sum
        - case when deviations.is_witness then deviations.own_cost else 0 end
            as other_cost_sum,
        witnesses.revenue_sum
        - case when deviations.is_witness then deviations.own_revenue else 0 end
            as other_revenue_sum

    from deviations

    inner join witnesses
        on deviations.property = witnesses.property
        and deviations.week_start = witnesses.week_start

),

final as (

    select
        -- keys
        property,
        channel,
        week_start,

        -- measures
        cast(other_count as bigint) as other_count,
        own_cost,
        own_revenue,
        cast({{ ratio('other_cost_sum', 'other_count') }} as decimal(18, 9))
            as other_cost,
        cast({{ ratio('other_revenue_sum', 'other_count') }} as decimal(18, 9))
            as other_revenue

    from others

    where other_count > 0

)

select * from final
