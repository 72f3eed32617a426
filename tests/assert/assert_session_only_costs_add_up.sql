-- The cost that only sessions know, day by day: that of sessions without a campaign, or
-- of one that no bill names.

with

billed as (

    select
        property,
        campaign_id
    from {{ ref('int_ad_costs_checked') }}
    where rejection_reason is null

),

expected as (

    select
        sessions.property,
        sessions.session_date as report_date,
        sum(sessions.session_cost) as cost

    from {{ ref('fct_sessions') }} as sessions

    where
        not exists (
            select 1
            from billed
            where
                billed.property = sessions.property
                and billed.campaign_id = sessions.campaign_id
        )

    group by sessions.property, sessions.session_date

),

reported as (

    select
        property,
        report_date,
        sum(session_only_cost) as cost

    from {{ ref('rpt_channel_costs') }}

    group by property, report_date

)

select
    coalesce(expected.property, reported.property) as property,
    coalesce(expected.report_date, reported.report_date) as report_date,
    expected.cost as expected_cost,
    reported.cost as reported_cost

from expected

full join reported
    on expected.property = reported.property
    and expected.report_date = reported.report_date

where coalesce(expected.cost, 0) != coalesce(reported.cost, 0)
