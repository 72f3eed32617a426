with

listing_events as (

    select * from {{ ref('int_listing_events') }}

),

final as (

    select
        -- keys
        property,
        listing_event_id,
        listing_id,
        user_id,

        -- timestamps
        event_at,

        -- attributes
        action_category,
        action,
        label

    from listing_events

)

select * from final
