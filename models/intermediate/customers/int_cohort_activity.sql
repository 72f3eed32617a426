with

sessions as (

    select * from {{ ref('int_sessions') }}

),

users as (

    select * from {{ ref('int_session_users') }}

),

user_months as (

    select
        property,
        user_id,
        cast(date_trunc('month', session_date) as date) as report_month

    from sessions

    where {{ is_first_in('month') }}

),

placed as (

    select
        user_months.property,
        cast(date_trunc('month', users.first_session_date) as date) as cohort_month,
        user_months.report_month,
        users.acquisition_channel as channel,
        users.acquisition_device as device

    from user_months

    inner join users
        on user_months.property = users.property
        and user_months.user_id = users.user_id

),

final as (

    select
        -- keys
        property,
        cohort_month,
        report_month,
        channel,
        device,

        -- measures
        count(*) as user_count

    from placed

    group by property, cohort_month, report_month, channel, device

)

select * from final
