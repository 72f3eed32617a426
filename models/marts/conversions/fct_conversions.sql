with

conversions as (

    select * from {{ ref('int_conversions') }}

),

devices as (

    select * from {{ ref('int_conversion_devices') }}

),

users as (

    select * from {{ ref('int_session_users') }}

),

numbered as (

    select
        *,
        case
            when is_counted and user_id is not null
                then row_number() over (
                    partition by user_id, property, is_counted
                    order by converted_at, conversion_id
                )
        end as conversion_number

    from conversions

),

final as (

    select
        -- keys
        numbered.property,
        numbered.conversion_id,
        numbered.user_id,

        -- timestamps
        numbered.converted_at,
        numbered.conversion_date,

        -- attributes
        numbered.market,
        devices.device,
        numbered.is_counted,
        numbered.is_tracked,
        numbered.is_in_backend,
        numbered.is_refund,
        numbered.conversion_number,
        coalesce(users.acquisition_channel, '(no session)') as acquisition_channel,

        -- measures
        cast(numbered.revenue as decimal(18, 2)) as revenue,
        cast(numbered.refunded_revenue as decimal(18, 2)) as refunded_revenue,
        cast(numbered.revenue - numbered.refunded_revenue as decimal(18, 2))
            as net_revenue

    from numbered

    left join users
        on numbered.property = users.property
        and numbered.user_id = users.user_id

    left join devices
        on numbered.property = devices.property
        and numbered.conversion_id = devices.conversion_id

)

select * from final
