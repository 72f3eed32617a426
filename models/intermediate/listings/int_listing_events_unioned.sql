{#
    One shape for what happens to the listings of all layouts. Times are in UTC where
    staging knows the clock, else still on the property's own.
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
        cast(null as timestamp) as event_at,

        -- attributes
        action_category,
        action,
        label

    from {{ ref('stg_vestiaire__clicks') }}

),

contract as (

    select
        -- keys
        property,
        listing_event_id,
        listing_id,
        user_id,

        -- timestamps
        cast(null as timestamp) as event_at_local,
        event_at,

        -- attributes
        action_category,
        action,
        label

    from {{ ref('stg_contract__listing_events') }}

),

unioned as (

    select * from vestiaire
    union all
    select * from contract

)

select * from unioned
