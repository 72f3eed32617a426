-- The recommended spends of a property sum to its current ones, to the cent. No spend
-- changes by more than var budget_max_change, and none that stays for a reason. What is
-- spent now is the cost of the last whole weeks.

with

weeks as (

    select
        property,
        sum(cost) as cost,
        count(distinct week_start) as week_count

    from {{ ref('rpt_budget_weeks') }}

    where is_recent

    group by property

),

budgets as (

    select
        property,
        sum(current_spend) as current_spend,
        sum(recommended_spend) as recommended_spend

    from {{ ref('rpt_budget') }}

    group by property

),

sums_off as (

    select
        coalesce(weeks.property, budgets.property) as property,
        '(all)' as channel,
        budgets.current_spend,
        budgets.recommended_spend

    from weeks

    full join budgets
        on weeks.property = budgets.property

    where
        budgets.current_spend is distinct from budgets.recommended_spend
        -- half a cent of rounding
        or (
            abs(budgets.current_spend * weeks.week_count - weeks.cost)
            <= 0.005 * weeks.week_count
        ) is not true

),

changes_off as (

    select
        property,
        channel,
        current_spend,
        recommended_spend

    from {{ ref('rpt_budget') }}

    where
        (
            abs(recommended_spend - current_spend)
            <= case
                when status in ('more', 'less')
                    then {{ var('budget_max_change') }} * abs(current_spend)
                else 0
            end
        ) is not true

),

channels_missing as (

    select
        weeks.property,
        weeks.channel,
        budgets.current_spend,
        budgets.recommended_spend

    from (
        select distinct
            property,
            channel
        from {{ ref('rpt_budget_weeks') }}
    ) as weeks

    left join {{ ref('rpt_budget') }} as budgets
        on weeks.property = budgets.property
        and weeks.channel = budgets.channel

    where budgets.channel is null

)

select * from sums_off
union all
select * from changes_off
union all
select * from channels_missing
