with

listing_events as (

    select * from {{ ref('int_listing_events_unioned') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

final as (

    select
        -- keys
        listing_events.property,
        listing_events.listing_event_id,
        listing_events.listing_id,
        listing_events.user_id,

        -- timestamps
        coalesce(
            listing_events.event_at,
            {{ to_utc('listing_events.event_at_local', 'properties.time_zone') }}
        ) as event_at,

        -- attributes
        listing_events.action_category,
        listing_events.action,
        listing_events.label

    from listing_events

    inner join properties
        on listing_events.property = properties.property

)

select * from final
