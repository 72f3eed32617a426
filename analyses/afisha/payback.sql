-- In which month does a cohort pay back what it cost?
--
-- One row per property, cohort and channel, `(all)` channels first.
-- payback_month is the number of months after the cohort's own, which is 0, in which
-- the gross profit so far first reaches the cost; paid_back_in is that month of the
-- calendar. Only months that are over count: observed_months of them. paid_back_share
-- is gross_profit / cost, how much has come back. `not yet` is no `never`: a cohort of
-- few observed_months has had no time. What cost nothing has paid back in month 0 if
-- somebody bought. `(no session)` is in `(all)` channels and not judged by itself.

with

acquisition as (

    select * from {{ ref('rpt_acquisition') }}

),

ltv as (

    select * from {{ ref('rpt_ltv') }}
    where
        channel = '(all)'
        and device = '(all)'

),

cohorts as (

    select
        property,
        cohort_month,
        max(observed_months) as observed_months,
        sum(cost) as cost,
        sum(new_buyers) as new_buyers,
        max(gross_margin) as gross_margin,
        sum(gross_profit) as gross_profit

    from acquisition

    group by property, cohort_month

),

paid_back_cohorts as (

    select
        cohorts.property,
        cohorts.cohort_month,
        min(ltv.month_number) as payback_month

    from cohorts

    inner join ltv
        on cohorts.property = ltv.property
        and cohorts.cohort_month = ltv.cohort_month
        and cohorts.observed_months > ltv.month_number
        and cohorts.cost <= round(
            cast(ltv.cumulative_revenue as decimal(38, 2)) * cohorts.gross_margin, 2
        )

    group by cohorts.property, cohorts.cohort_month

),

cells as (

    select
        cohorts.property,
        cohorts.cohort_month,
        '(all)' as channel,
        cohorts.observed_months,
        cohorts.cost,
        cohorts.new_buyers,
        cohorts.gross_profit,
        paid_back_cohorts.payback_month

    from cohorts

    left join paid_back_cohorts
        on cohorts.property = paid_back_cohorts.property
        and cohorts.cohort_month = paid_back_cohorts.cohort_month

    union all

    select
        property,
        cohort_month,
        channel,
        observed_months,
        cost,
        new_buyers,
        gross_profit,
        payback_month
    from acquisition

),

final as (

    select
        -- keys
        property,
        cohort_month,
        channel,

        -- attributes
        case
            when channel = '(no session)' then 'no channel to judge'
            when observed_months is null then 'month not over'
            when cost is null then 'no costs known'
            when new_buyers = 0 then 'no buyers'
            when payback_month is null then 'not yet'
            else 'paid back'
        end as payback_status,

        -- measures
        observed_months,
        cost,
        new_buyers,
        gross_profit,
        {{ ratio(
            "case when channel != '(no session)' then gross_profit end", 'cost'
        ) }} as paid_back_share,
        payback_month,
        cast(cohort_month + payback_month * interval '1 month' as date) as paid_back_in

    from cells

)

select * from final
order by
    property asc,
    cohort_month asc,
    case when channel = '(all)' then 0 else 1 end asc,
    cost desc nulls last,
    channel asc
