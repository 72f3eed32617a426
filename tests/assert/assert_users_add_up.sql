-- Users, and what belongs to nobody or to someone who neither came nor bought, have all
-- sessions, counted conversions and revenue, to the cent.

with

users as (

    select * from {{ ref('dim_users') }}

),

facts as (

    select
        property,
        user_id,
        1 as session_count,
        0 as conversion_count,
        0 as revenue,
        0 as refunded_revenue,
        0 as net_revenue
    from {{ ref('fct_sessions') }}

    union all

    select
        property,
        user_id,
        0 as session_count,
        case when is_counted then 1 else 0 end as conversion_count,
        revenue,
        refunded_revenue,
        net_revenue
    from {{ ref('fct_conversions') }}

),

is_user as (

    select
        property,
        user_id

    from facts

    where user_id is not null

    group by property, user_id

    having sum(session_count) + sum(conversion_count) > 0

),

expected as (

    select
        facts.property,
        count(distinct facts.user_id) as user_count,
        sum(facts.session_count) as session_count,
        sum(facts.conversion_count) as conversion_count,
        sum(facts.revenue) as revenue,
        sum(facts.refunded_revenue) as refunded_revenue,
        sum(facts.net_revenue) as net_revenue

    from facts

    inner join is_user
        on facts.property = is_user.property
        and facts.user_id = is_user.user_id

    group by facts.property

),

actual as (

    select
        property,
        count(*) as user_count,
        sum(session_count) as session_count,
        sum(conversion_count) as conversion_count,
        sum(revenue) as revenue,
        sum(refunded_revenue) as refunded_revenue,
        sum(net_revenue) as net_revenue

    from users

    group by property

)

select
    coalesce(expected.property, actual.property) as property,
    expected.revenue as expected_revenue,
    actual.revenue as actual_revenue

from expected

full join actual
    on expected.property = actual.property

where
    expected.user_count is distinct from actual.user_count
    or expected.session_count is distinct from actual.session_count
    or expected.conversion_count is distinct from actual.conversion_count
    or expected.revenue is distinct from actual.revenue
    or expected.refunded_revenue is distinct from actual.refunded_revenue
    or expected.net_revenue is distinct from actual.net_revenue
