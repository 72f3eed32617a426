-- Each report counts each session once, whatever it groups by.

with

sessions as (

    select
        property,
        count(*) as session_count,
        coalesce(sum(session_cost), 0) as session_cost

    from {{ ref('fct_sessions') }}

    group by property

),

reports as (

    select
        'rpt_sessions_daily' as report,
        property,
        sum(session_count) as session_count,
        sum(session_cost) as session_cost
    from {{ ref('rpt_sessions_daily') }}
    group by property

    union all

    select
        'rpt_active_users by ' || period || case
            when device = '(all)' then '' else ' and device'
        end as report,
        property,
        sum(session_count) as session_count,
        null as session_cost
    from {{ ref('rpt_active_users') }}
    group by property, period, device = '(all)'

    union all

    select
        'rpt_channel_costs' as report,
        property,
        sum(session_count) as session_count,
        null as session_cost
    from {{ ref('rpt_channel_costs') }}
    group by property

    union all

    select
        'rpt_market_performance' as report,
        property,
        sum(session_count) as session_count,
        null as session_cost
    from {{ ref('rpt_market_performance') }}
    group by property

),

report_names (report) as (

    values
    ('rpt_sessions_daily'),
    ('rpt_active_users by day'),
    ('rpt_active_users by day and device'),
    ('rpt_active_users by week'),
    ('rpt_active_users by week and device'),
    ('rpt_active_users by month'),
    ('rpt_active_users by month and device'),
    ('rpt_channel_costs'),
    ('rpt_market_performance')

),

expected as (

    select
        report_names.report,
        sessions.property,
        sessions.session_count,
        sessions.session_cost

    from sessions

    cross join report_names

)

select
    coalesce(expected.report, reports.report) as report,
    coalesce(expected.property, reports.property) as property,
    expected.session_count as expected_count,
    reports.session_count as actual_count

from expected

full join reports
    on expected.report = reports.report
    and expected.property = reports.property

where
    coalesce(expected.session_count, 0) != coalesce(reports.session_count, 0)
    or expected.session_cost != reports.session_cost
