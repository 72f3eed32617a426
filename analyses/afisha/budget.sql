-- How much should be spent on each source, and why?
--
-- One row per property and channel, `(all)` together first, then by the recommended
-- change. Spends are of a mean week of the last four whole ones. marginal_romi is what
-- the next unit of money would earn beyond itself, between marginal_romi_low and _high
-- in 95 of 100 cases; it is not romi, which is what all of the money has earned.
-- The total stays as it is: only its parts move, each by no more than var
-- budget_max_change. Observational: it says what the past supports, not what an
-- experiment would show. How it is found: docs/budget.md.

with

budget as (

    select * from {{ ref('rpt_budget') }}

),

channels as (

    select
        property,
        channel,
        status,
        current_spend,
        recommended_spend,
        marginal_romi,
        marginal_romi_low,
        marginal_romi_high,
        is_calibrated,
        week_count,
        reason
    from budget

    union all

    select
        property,
        '(all)' as channel,
        'total' as status,
        sum(current_spend) as current_spend,
        sum(recommended_spend) as recommended_spend,
        null as marginal_romi,
        null as marginal_romi_low,
        null as marginal_romi_high,
        null as is_calibrated,
        max(week_count) as week_count,
        'The total stays: what one channel is given, others give.' as reason
    from budget
    group by property

),

final as (

    select
        -- keys
        property,
        channel,

        -- attributes
        status as recommendation,
        reason,
        is_calibrated,

        -- measures
        current_spend as weekly_spend,
        recommended_spend as recommended_weekly_spend,
        recommended_spend - current_spend as weekly_change,
        {{ ratio('recommended_spend - current_spend', 'current_spend') }}
            as weekly_change_share,
        marginal_romi,
        marginal_romi_low,
        marginal_romi_high,
        week_count

    from channels

)

select * from final
order by
    property asc,
    case when channel = '(all)' then 0 else 1 end asc,
    weekly_change desc,
    weekly_spend desc,
    channel asc
