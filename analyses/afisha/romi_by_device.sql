-- Does marketing earn what it costs (ROMI) by device, cost shared by sessions?
--
-- One row per property, cohort and device, `(all)` cohorts and `(all)` devices first.
-- Nobody is billed by device: each day's cost of a channel is shared over the devices
-- by the number of its sessions of that day (cost_shared_by says so). A visit by phone
-- and one by desktop of the same source and day therefore cost the same, which they
-- need not. Buyers and what they bring stand under the device of their first session
-- ever, on whatever device they buy later. cumulative_revenue, gross_profit, romi, cac
-- and ltv_to_cac mean what they do in romi, acquisition_cost and ltv_to_cac; `(all)`
-- devices are `(all)` channels there, but for a cent of rounded profit.
-- `(all)` cohorts are those whose month is over; a running month has its own rows,
-- without ratios. `(no session)` holds cost that brought no session and buyers without
-- one: both are in `(all)` devices. `(unknown)` is a session that names no device.

with

{{ device_cohorts() }},

profits as (

    select
        *,
        observed_months is not null as is_over,
        round(cumulative_revenue * gross_margin, 2) as gross_profit
    from device_cohorts

),

-- all cohorts together are those whose month is over
cells as (

    select
        property,
        coalesce(cast(cohort_month as varchar), '(all)') as cohort,
        coalesce(device, '(all)') as device,
        max(observed_months) as observed_months,
        case
            when grouping(cohort_month) = 0 then sum(cost)
            else sum(cost) filter (where is_over)
        end as cost,
        case
            when grouping(cohort_month) = 0 then sum(new_users)
            else sum(new_users) filter (where is_over)
        end as new_users,
        case
            when grouping(cohort_month) = 0 then sum(new_buyers)
            else sum(new_buyers) filter (where is_over)
        end as new_buyers,
        sum(cumulative_revenue) as cumulative_revenue,
        sum(gross_profit) as gross_profit,
        -- a month that is not over and what has no session are not judged
        case
            when coalesce(device, '(all)') != '(no session)'
                then max(case when is_over then 1 end)
        end as judged

    from profits

    group by property, cube(cohort_month, device)

),

final as (

    select
        -- keys
        property,
        cohort,
        device,

        -- attributes
        'sessions of the channel and day' as cost_shared_by,

        -- measures
        observed_months,
        cast(cost as decimal(18, 6)) as cost,
        new_users,
        new_buyers,
        cumulative_revenue,
        gross_profit,
        {{ ratio('judged * (gross_profit - cost)', 'cost') }} as romi,
        {{ ratio('judged * cost', 'new_buyers') }} as cac,
        {{ ratio('judged * cumulative_revenue', 'new_buyers') }} as ltv,
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
    case when device = '(all)' then 0 else 1 end asc,
    new_buyers desc nulls last,
    device asc
