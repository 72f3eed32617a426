with

users as (

    select * from {{ ref('dim_users') }}

),

buyers as (

    select
        property,
        cast(date_trunc('month', first_conversion_date) as date) as cohort_month,
        acquisition_channel as channel,
        acquisition_device as device,
        case
            when first_conversion_date >= first_session_date
                then {{ dbt.datediff(
                    'first_session_date', 'first_conversion_date', 'day'
                ) }}
            -- bought before the day of the first session, or without any
            else -1
        end as lag_days

    from users

    where first_conversion_date is not null

),

-- each channel, each device, each pair of them, and all together
final as (

    select
        -- keys
        property,
        cohort_month,
        coalesce(channel, '(all)') as channel,
        coalesce(device, '(all)') as device,
        cast(lag_days as bigint) as lag_days,

        -- measures
        count(*) as buyers

    from buyers

    group by property, cohort_month, lag_days, cube(channel, device)

)

select * from final
