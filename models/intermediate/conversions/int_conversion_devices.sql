{#
    The device each conversion was probably made on: that of the buyer's last session
    begun by then, however long ago. Session numbers are in the order of (started_at,
    session_id), so that the largest is the last; an aggregate over them takes a user
    of any number of sessions.
#}

with

conversions as (

    select * from {{ ref('int_conversions') }}

),

-- where no session tells its device there is nothing to look for
properties_with_devices as (

    select property
    from {{ ref('int_sessions') }}
    where device is not null
    group by property

),

sessions as (

    select * from {{ ref('int_sessions') }}
    where
        user_id is not null
        and property in (
            select properties_with_devices.property from properties_with_devices
        )

),

last_sessions as (

    select
        conversions.property,
        conversions.conversion_id,
        conversions.user_id,
        max(sessions.session_number) as session_number

    from conversions

    inner join sessions
        on conversions.property = sessions.property
        and conversions.user_id = sessions.user_id
        and conversions.converted_at >= sessions.started_at

    group by conversions.property, conversions.conversion_id, conversions.user_id

),

final as (

    select
        -- keys
        last_sessions.property,
        last_sessions.conversion_id,

        -- attributes
        sessions.device

    from last_sessions

    inner join sessions
        on last_sessions.property = sessions.property
        and last_sessions.user_id = sessions.user_id
        and last_sessions.session_number = sessions.session_number

    where sessions.device is not null

)

select * from final
