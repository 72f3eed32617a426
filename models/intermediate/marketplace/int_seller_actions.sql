{#
    What happened last on a seller's listings: the clicks that the layout tells of, and
    the steps of a listing itself. Of what happened at one instant the later step counts.
#}

with

listings as (

    select * from {{ ref('int_listings') }}
    where seller_id is not null

),

listing_events as (

    select * from {{ ref('int_listing_events') }}

),

actions as (

    select
        property,
        seller_id,
        listing_id as action_id,
        'listed' as action,
        1 as step,
        created_at as action_at
    from listings

    union all

    select
        property,
        seller_id,
        listing_id as action_id,
        'completed' as action,
        3 as step,
        completed_at as action_at
    from listings

    union all

    select
        property,
        seller_id,
        listing_id as action_id,
        'sold' as action,
        4 as step,
        sold_at as action_at
    from listings

    union all

    select
        listings.property,
        listings.seller_id,
        listing_events.listing_event_id as action_id,
        listing_events.action,
        2 as step,
        listing_events.event_at as action_at
    from listing_events
    inner join listings
        on listing_events.property = listings.property
        and listing_events.listing_id = listings.listing_id

),

numbered as (

    select
        *,
        row_number() over (
            partition by property, seller_id
            order by action_at desc, step desc, action_id asc
        ) as place_from_last

    from actions

    where action_at is not null

),

final as (

    select
        property,
        seller_id,
        action

    from numbered

    where place_from_last = 1

)

select * from final
