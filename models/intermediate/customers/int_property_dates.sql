{#
    How far the data of each property reach, and until when they count as complete: var
    `as_of`, or else their own last day.
#}

with

properties as (

    select * from {{ ref('int_properties') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}

),

refunds as (

    select * from {{ ref('int_refunds') }}

),

ad_costs as (

    select * from {{ ref('int_ad_costs') }}

),

session_dates as (

    select
        property,
        max(session_date) as last_session_date,
        max(case when session_cost is not null then session_date end)
            as last_session_cost_date

    from sessions

    group by property

),

conversion_dates as (

    select
        property,
        max(case when is_counted then conversion_date end) as last_conversion_date,
        max(conversion_date) as last_order_date

    from conversions

    group by property

),

refund_dates as (

    select
        property,
        max(refund_date) as last_refund_date

    from refunds

    group by property

),

ad_cost_dates as (

    select
        property,
        max(cost_date) as last_ad_cost_date

    from ad_costs

    group by property

),

last_dates as (

    select
        properties.property,
        session_dates.last_session_date,
        conversion_dates.last_conversion_date,
        case
            when refund_dates.last_refund_date > conversion_dates.last_order_date
                then refund_dates.last_refund_date
            else conversion_dates.last_order_date
        end as last_booking_date,
        case
            when
                session_dates.last_session_cost_date is null
                or session_dates.last_session_cost_date
                < ad_cost_dates.last_ad_cost_date
                then ad_cost_dates.last_ad_cost_date
            else session_dates.last_session_cost_date
        end as last_cost_date,
        properties.has_ad_costs or session_dates.last_session_cost_date is not null
            as has_costs

    from properties

    left join session_dates
        on properties.property = session_dates.property

    left join conversion_dates
        on properties.property = conversion_dates.property

    left join refund_dates
        on properties.property = refund_dates.property

    left join ad_cost_dates
        on properties.property = ad_cost_dates.property

),

final as (

    select
        -- keys
        property,

        -- timestamps
        last_session_date,
        last_conversion_date,
        last_booking_date,
        coalesce({{ as_of_date() }}, last_session_date) as sessions_until,
        coalesce({{ as_of_date() }}, last_conversion_date) as conversions_until,
        coalesce(
            {{ as_of_date() }},
            case
                when not has_costs or last_conversion_date <= last_cost_date
                    then last_conversion_date
                when last_conversion_date > last_cost_date then last_cost_date
            end
        ) as acquisition_until,
        coalesce(
            {{ as_of_date() }},
            case
                when last_session_date > last_conversion_date then last_session_date
                else coalesce(last_conversion_date, last_session_date)
            end
        ) as known_until,

        -- attributes
        has_costs

    from last_dates

)

select * from final
