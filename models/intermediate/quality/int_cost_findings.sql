{#
    Campaign days whose cost and sessions disagree; the check is the day's status.
#}

with

campaign_days as (

    select * from {{ ref('int_campaign_days') }}

),

uncovered as (

    select
        property,
        'campaign_day_' || status as check_name,
        campaign_id,
        cost_date,
        abs(cost_gap) as amount

    from campaign_days

    where status != 'covered'

),

clicks_unreadable as (

    select
        property,
        'campaign_day_clicks_unreadable' as check_name,
        campaign_id,
        cost_date,
        cost as amount

    from campaign_days

    where is_clicks_unreadable

),

findings as (

    select * from uncovered
    union all
    select * from clicks_unreadable

),

final as (

    select
        property,
        check_name,
        campaign_id || '|' || cast(cost_date as {{ dbt.type_string() }}) as finding_key,
        1 as row_count,
        cast(amount as decimal(18, 6)) as amount

    from findings

)

select * from final
