with

activity as (

    select * from {{ ref('int_cohort_activity') }}

),

property_dates as (

    select * from {{ ref('int_property_dates') }}

),

-- each channel, each device, each pair of them, and all together
cells as (

    select
        property,
        cohort_month,
        report_month,
        coalesce(channel, '(all)') as channel,
        coalesce(device, '(all)') as device,
        sum(user_count) as user_count

    from activity

    group by property, cohort_month, report_month, cube(channel, device)

),

-- everyone is active in the month of the first session
cohorts as (

    select
        cells.property,
        cells.cohort_month,
        cells.channel,
        cells.device,
        cells.user_count as cohort_users,
        cast(date_trunc('month', property_dates.last_session_date) as date)
            as last_month,
        property_dates.sessions_until

    from cells

    inner join property_dates
        on cells.property = property_dates.property

    where cells.report_month = cells.cohort_month

),

-- a month without activity has a row too
cohort_months as (

    select
        *,
        {{ months_in_range('cohort_month', 'last_month') }} as report_month

    from cohorts

),

counted as (

    select
        cohort_months.*,
        {{ months_since('cohort_months.cohort_month', 'cohort_months.report_month') }}
            as month_number,
        case
            when {{ is_over('cohort_months.report_month', 'sessions_until') }}
                then cast(coalesce(cells.user_count, 0) as bigint)
        end as active_users

    from cohort_months

    left join cells
        on cohort_months.property = cells.property
        and cohort_months.cohort_month = cells.cohort_month
        and cohort_months.report_month = cells.report_month
        and cohort_months.channel = cells.channel
        and cohort_months.device = cells.device

),

final as (

    select
        -- keys
        property,
        cohort_month,
        month_number,
        channel,
        device,

        -- timestamps
        report_month,

        -- measures
        cast(cohort_users as bigint) as cohort_users,
        active_users,
        {{ ratio('active_users', 'cohort_users') }} as retention_rate

    from counted

)

select * from final
