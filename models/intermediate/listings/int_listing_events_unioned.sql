{#
    One shape for what happens to the listings of all layouts; times are still on the
    property's own clock.
#}

with

vestiaire as (

    select
        -- keys
        property,
        click_id as listing_event_id,
        listing_id,
        user_id,

        -- timestamps
        clicked_at_local as event_at_local,

        -- attributes
        action_category,
        action,
        label

    from {{ ref('stg_vestiaire__clicks') }}

)

select * from vestiaire
