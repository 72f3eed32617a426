with

events as (

    select * from {{ ref('stg_vivid_seats__events') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

final as (

    select
        -- keys
        events.property,
        events.event_id,

        -- timestamps
        {{ to_utc('events.event_at_local', 'properties.time_zone') }} as event_at,

        -- attributes
        events.event_name,
        events.event_category,
        events.venue,
        events.city,
        events.country

    from events

    inner join properties
        on events.property = properties.property

)

select * from final
