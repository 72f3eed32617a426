-- Does marketing earn what it costs (ROMI), by cohort and by source?
--
-- One row per property, cohort and channel, `(all)` cohorts and `(all)` channels first.
-- romi is (gross_profit - cost) / cost: 0 is break-even, 0.5 is half as much again as
-- was spent, -0.3 is 30 % lost so far. cumulative_revenue is what the buyers of the
-- cohort have brought in the observed_months that are over, less what they were paid
-- back unless var customer_revenue is gross; gross_profit is that × gross_margin (1
-- where seed properties names none: then it is revenue, not profit). Young cohorts have
-- had less time: compare cohorts of like observed_months, and sources within a cohort.
-- By device: romi_by_device.
-- `(all)` cohorts are those whose month is over; a running month has its own rows,
-- without ratios. `(no session)` holds cost that brought no session and buyers without
-- one: both are in `(all)` channels, and the row has no ratios of its own.
-- cost is empty in a property without any costs, romi where there is no cost.

with

acquisition as (

    select
        *,
        observed_months is not null as is_over
    from {{ ref('rpt_acquisition') }}

),

-- all cohorts together are those whose month is over
cells as (

    select
        property,
        coalesce(cast(cohort_month as varchar), '(all)') as cohort,
        coalesce(channel, '(all)') as channel,
        max(observed_months) as observed_months,
        case
            when grouping(cohort_month) = 0 then sum(cost)
            else sum(cost) filter (where is_over)
        end as cost,
        case
            when grouping(cohort_month) = 0 then sum(new_buyers)
            else sum(new_buyers) filter (where is_over)
        end as new_buyers,
        sum(cumulative_revenue) as cumulative_revenue,
        max(gross_margin) as gross_margin,
        sum(gross_profit) as gross_profit,
        -- a month that is not over and what has no channel are not judged
        case
            when coalesce(channel, '(all)') != '(no session)'
                then max(case when is_over then 1 end)
        end as judged

    from acquisition

    group by property, cube(cohort_month, channel)

),

final as (

    select
        -- keys
        property,
        cohort,
        channel,

        -- measures
        observed_months,
        cost,
        new_buyers,
        cumulative_revenue,
        gross_margin,
        gross_profit,
        gross_profit - cost as profit_after_cost,
        {{ ratio('judged * (gross_profit - cost)', 'cost') }} as romi

    from cells

)

select * from final
order by
    property asc,
    case when cohort = '(all)' then 0 else 1 end asc,
    cohort asc,
    case when channel = '(all)' then 0 else 1 end asc,
    cost desc nulls last,
    new_buyers desc nulls last,
    channel asc
