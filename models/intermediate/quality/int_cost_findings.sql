{#
    Campaign days whose cost and sessions disagree; the check is the day's status.
#}

with

campaign_days as (

    select * from {{ ref('int_campaign_days') }}

),

findings as (

    select
        property,
        'campaign_day_' || status as check_name,
        campaign_id || '|' || cast(cost_date as {{ dbt.type_string() }}) as finding_key,
        greatest(session_count, 1) as row_count,
        abs(cost_gap) as amount

    from campaign_days

    where status != 'covered'

)

select * from findings
