with

session_users as (

    select * from {{ ref('int_session_users') }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}
    where user_id is not null

),

property_dates as (

    select * from {{ ref('int_property_dates') }}

),

conversion_users as (

    select
        property,
        user_id,
        min(case when is_counted then converted_at end) as first_conversion_at,
        min(case when is_counted then conversion_date end) as first_conversion_date,
        max(case when is_counted then converted_at end) as last_conversion_at,
        max(case when is_counted then conversion_date end) as last_conversion_date,
        sum(case when is_counted then 1 else 0 end) as conversion_count,
        sum(revenue) as revenue,
        sum(refunded_revenue) as refunded_revenue,
        sum(net_revenue) as net_revenue

    from conversions

    group by property, user_id

),

-- someone who neither came nor bought, but was refunded or wrongly tracked, is no user
both_sides as (

    select
        coalesce(session_users.property, conversion_users.property) as property,
        coalesce(session_users.user_id, conversion_users.user_id) as user_id,
        session_users.first_session_at,
        session_users.first_session_date,
        session_users.last_session_at,
        conversion_users.first_conversion_at,
        conversion_users.first_conversion_date,
        conversion_users.last_conversion_at,
        conversion_users.last_conversion_date,
        coalesce(session_users.acquisition_channel, '(no session)')
            as acquisition_channel,
        coalesce(session_users.acquisition_device, '(unknown)') as acquisition_device,
        coalesce(session_users.session_count, 0) as session_count,
        coalesce(conversion_users.conversion_count, 0) as conversion_count,
        coalesce(conversion_users.revenue, 0) as revenue,
        coalesce(conversion_users.refunded_revenue, 0) as refunded_revenue,
        coalesce(conversion_users.net_revenue, 0) as net_revenue

    from session_users

    full join conversion_users
        on session_users.property = conversion_users.property
        and session_users.user_id = conversion_users.user_id

    where
        session_users.user_id is not null
        or conversion_users.conversion_count > 0

),

best_buyers as (

    select
        property,
        percentile_disc({{ var('best_value_quantile') }}) within group (
            order by net_revenue
        ) as best_net_revenue

    from both_sides

    where conversion_count > 0

    group by property

),

aged as (

    select
        both_sides.*,
        best_buyers.best_net_revenue,
        {{ age_in_days(
            'both_sides.first_conversion_date', 'property_dates.known_until'
        ) }}
            as days_since_first_conversion,
        {{ age_in_days(
            'both_sides.last_conversion_date', 'property_dates.known_until'
        ) }} as recency_days

    from both_sides

    inner join property_dates
        on both_sides.property = property_dates.property

    left join best_buyers
        on both_sides.property = best_buyers.property

),

final as (

    select
        -- keys
        property,
        user_id,

        -- timestamps
        first_session_at,
        first_session_date,
        last_session_at,
        first_conversion_at,
        first_conversion_date,
        last_conversion_at,

        -- attributes
        acquisition_channel,
        acquisition_device,
        {{ segment() }} as segment,

        -- measures
        cast(session_count as bigint) as session_count,
        cast(conversion_count as bigint) as conversion_count,
        cast(revenue as decimal(18, 2)) as revenue,
        cast(refunded_revenue as decimal(18, 2)) as refunded_revenue,
        cast(net_revenue as decimal(18, 2)) as net_revenue,
        {{ ratio(seconds_between('first_session_at', 'first_conversion_at'), 3600) }}
            as hours_to_first_conversion,
        cast(recency_days as bigint) as recency_days

    from aged

)

select * from final
