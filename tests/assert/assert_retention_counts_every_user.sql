-- Every user with a session is in one cohort, and was active in its first month.

with

users as (

    select
        property,
        count(distinct user_id) as user_count

    from {{ ref('fct_sessions') }}

    group by property

),

cohorts as (

    select
        property,
        sum(cohort_users) as cohort_users,
        sum(coalesce(active_users, cohort_users)) as active_users

    from {{ ref('rpt_retention') }}

    where
        month_number = 0
        and channel = '(all)'
        and device = '(all)'

    group by property

)

select
    coalesce(users.property, cohorts.property) as property,
    users.user_count,
    cohorts.cohort_users,
    cohorts.active_users

from users

full join cohorts
    on users.property = cohorts.property

where
    coalesce(users.user_count, 0) is distinct from coalesce(cohorts.cohort_users, 0)
    or coalesce(users.user_count, 0) is distinct from coalesce(cohorts.active_users, 0)
