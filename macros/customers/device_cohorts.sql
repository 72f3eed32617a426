{#
    with

    {{ device_cohorts() }}

    select * from device_cohorts

    The steps to what the cohorts of each device cost and brought, a row per property,
    cohort month and device; `cohorts` and `acquisition`, by channel, are left for
    whoever asks. Nobody is billed by device: each day's cost of a channel is shared over
    the devices by the number of its sessions of that day, and stands under
    `(no session)` where it brought none.
#}
{% macro device_cohorts() -%}
sessions as (

    select
        property,
        session_date,
        channel,
        device,
        sum(session_count) as session_count
    from {{ ref('rpt_sessions_daily') }}
    group by property, session_date, channel, device

),

channel_costs as (

    select * from {{ ref('rpt_channel_costs') }}

),

users as (

    select * from {{ ref('dim_users') }}
    where first_session_date is not null

),

ltv as (

    select * from {{ ref('rpt_ltv') }}
    where
        channel != '(all)'
        and device != '(all)'

),

acquisition as (

    select * from {{ ref('rpt_acquisition') }}

),

cohorts as (

    select
        property,
        cohort_month,
        max(observed_months) as observed_months,
        max(gross_margin) as gross_margin,
        max(case when cost is not null then 1 end) as has_costs

    from acquisition

    group by property, cohort_month

),

-- the steps of a rounded running total add up to the cost
running_sessions as (

    select
        *,
        sum(session_count) over (
            partition by property, session_date, channel
            order by device
            rows unbounded preceding
        ) as running_count,
        sum(session_count) over (
            partition by property, session_date, channel
        ) as total_count

    from sessions

),

placed_costs as (

    select
        channel_costs.property,
        cast(date_trunc('month', channel_costs.report_date) as date) as cohort_month,
        coalesce(running_sessions.device, '(no session)') as device,
        cast(1000000 * cast(channel_costs.cost as decimal(38, 6)) as bigint)
            as cost_micros,
        coalesce(running_sessions.session_count, 1) as session_count,
        coalesce(running_sessions.running_count, 1) as running_count,
        coalesce(running_sessions.total_count, 1) as total_count

    from channel_costs

    left join running_sessions
        on channel_costs.property = running_sessions.property
        and channel_costs.report_date = running_sessions.session_date
        and channel_costs.channel = running_sessions.channel

),

events as (

    select
        property,
        cohort_month,
        device,
        {{ rounded_part('cost_micros', 'running_count', 'total_count') }}
        - {{ rounded_part(
            'cost_micros', 'running_count - session_count', 'total_count'
        ) }} as cost_micros,
        0 as new_users,
        0 as new_buyers,
        0 as revenue
    from placed_costs

    union all

    select
        property,
        cast(date_trunc('month', first_session_date) as date) as cohort_month,
        acquisition_device as device,
        0 as cost_micros,
        1 as new_users,
        0 as new_buyers,
        0 as revenue
    from users

    union all

    select
        ltv.property,
        ltv.cohort_month,
        case
            when ltv.channel = '(no session)' then ltv.channel
            else ltv.device
        end as device,
        0 as cost_micros,
        0 as new_users,
        case when ltv.month_number = 0 then ltv.buyers else 0 end as new_buyers,
        case
            when ltv.month_number < cohorts.observed_months
                then {{ customer_revenue('ltv.') }}
            else 0
        end as revenue

    from ltv

    inner join cohorts
        on ltv.property = cohorts.property
        and ltv.cohort_month = cohorts.cohort_month

),

device_cohorts as (

    select
        events.property,
        events.cohort_month,
        events.device,
        cohorts.observed_months,
        cohorts.gross_margin,
        cohorts.has_costs * cast(sum(events.cost_micros) as decimal(38, 0)) * 0.000001
            as cost,
        sum(events.new_users) as new_users,
        sum(events.new_buyers) as new_buyers,
        case when cohorts.observed_months is not null then sum(events.revenue) end
            as cumulative_revenue

    from events

    inner join cohorts
        on events.property = cohorts.property
        and events.cohort_month = cohorts.cohort_month

    group by
        events.property,
        events.cohort_month,
        events.device,
        cohorts.observed_months,
        cohorts.gross_margin,
        cohorts.has_costs

)
{%- endmacro %}
