-- Every cost, every user and every buyer is in one row, and what the buyers of a row
-- brought is what rpt_ltv says of the months observed.

with

acquisition as (

    select * from {{ ref('rpt_acquisition') }}

),

facts as (

    select
        property,
        sum(cost) as cost,
        0 as new_users,
        0 as new_buyers
    from {{ ref('rpt_channel_costs') }}
    group by property

    union all

    select
        property,
        0 as cost,
        count(distinct user_id) as new_users,
        0 as new_buyers
    from {{ ref('fct_sessions') }}
    group by property

    union all

    select
        property,
        0 as cost,
        0 as new_users,
        count(distinct user_id) as new_buyers
    from {{ ref('fct_conversions') }}
    where is_counted
    group by property

),

expected as (

    select
        property,
        sum(cost) as cost,
        sum(new_users) as new_users,
        sum(new_buyers) as new_buyers

    from facts

    group by property

),

actual as (

    select
        property,
        coalesce(sum(cost), 0) as cost,
        sum(new_users) as new_users,
        sum(new_buyers) as new_buyers

    from acquisition

    group by property

),

brought as (

    select
        acquisition.property,
        acquisition.cohort_month,
        acquisition.channel,
        acquisition.cumulative_revenue,
        coalesce(sum({{ customer_revenue('ltv.') }}), 0) as customer_revenue

    from acquisition

    left join {{ ref('rpt_ltv') }} as ltv
        on acquisition.property = ltv.property
        and acquisition.cohort_month = ltv.cohort_month
        and acquisition.channel = ltv.channel
        and ltv.device = '(all)'
        and acquisition.observed_months > ltv.month_number

    where acquisition.observed_months is not null

    group by
        acquisition.property,
        acquisition.cohort_month,
        acquisition.channel,
        acquisition.cumulative_revenue

),

wrong_totals as (

    select
        coalesce(expected.property, actual.property) as property,
        'cost, users or buyers' as what

    from expected

    full join actual
        on expected.property = actual.property

    where
        coalesce(expected.cost, 0) is distinct from coalesce(actual.cost, 0)
        or coalesce(expected.new_users, 0)
        is distinct from
        coalesce(actual.new_users, 0)
        or coalesce(expected.new_buyers, 0)
        is distinct from
        coalesce(actual.new_buyers, 0)

)

select
    property,
    what
from wrong_totals

union all

select
    property,
    'revenue of ' || channel as what
from brought
where cumulative_revenue is distinct from customer_revenue
