-- Does a customer bring more than it costs (LTV:CAC), by source and cohort?
--
-- One row per property, cohort and channel, `(all)` cohorts and `(all)` channels first.
-- ltv is cumulative_revenue / new_buyers, what a buyer has brought in the
-- observed_months that are over; cac is cost / new_buyers. ltv_to_cac is one over the
-- other: 1 is break-even in revenue, before the cost of what was sold (romi takes it
-- off). It grows with the age of a cohort: compare like observed_months.
-- `(all)` cohorts are those whose month is over; a running month has its own rows,
-- without ratios. `(no session)` holds cost that brought no session and buyers without
-- one: both are in `(all)` channels, and the row has no ratios of its own.
-- cac is empty without buyers and in a property without any costs, ltv_to_cac also
-- where nothing was spent.

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
        {{ ratio('judged * cumulative_revenue', 'new_buyers') }} as ltv,
        {{ ratio('judged * cost', 'new_buyers') }} as cac,
        {{ ratio(
            'case when new_buyers > 0 then judged * cumulative_revenue end', 'cost'
        ) }} as ltv_to_cac

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
