-- What does a new customer cost, by source and cohort?
--
-- One row per property, cohort and channel, `(all)` cohorts and `(all)` channels first.
-- cac is cost / new_buyers: the cost of the month over those whose first purchase is in
-- the month and whose first session ever is of the channel. cost_per_new_user is over
-- those who came for the first time, buyers or not.
-- `(all)` cohorts are those whose month is over; a running month has its own rows,
-- without ratios. `(no session)` holds cost that brought no session and buyers without
-- one: both are in `(all)` channels, and the row has no ratios of its own.
-- cost is empty in a property without any costs.

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
        cost,
        new_users,
        {{ ratio('judged * cost', 'new_users') }} as cost_per_new_user,
        new_buyers,
        {{ ratio('judged * cost', 'new_buyers') }} as cac

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
