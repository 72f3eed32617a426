with

sessions as (

    select
        min(session_date) as first_date,
        max(session_date) as last_date
    from {{ ref('fct_sessions') }}

),

conversions as (

    select
        min(conversion_date) as first_date,
        max(conversion_date) as last_date
    from {{ ref('fct_conversions') }}

),

campaign_days as (

    select
        min(cost_date) as first_date,
        max(cost_date) as last_date
    from {{ ref('fct_campaign_days') }}

),

listings as (

    select
        cast(min(created_at) as date) as first_date,
        cast(max(created_at) as date) as last_date
    from {{ ref('fct_listings') }}

),

date_ranges as (

    select * from sessions

    union all

    select * from conversions

    union all

    select * from campaign_days

    union all

    select * from listings

),

bounds as (

    select
        min(first_date) as first_date,
        max(last_date) as last_date

    from date_ranges

),

days as (

    select
        {{ days_in_range('first_date', 'last_date') }} as date_day

    from bounds

)

select * from days
