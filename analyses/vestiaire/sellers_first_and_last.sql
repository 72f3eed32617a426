-- When did each seller list first and last, sell last, and do anything last?
--
-- One row per property and seller. An action is what the seller does: to begin a
-- listing, to submit it, to click on it; a sale is what a buyer does. Of actions at
-- one time a click says more than the listing it belongs to.

with

listings as (

    select * from {{ ref('fct_listings') }}
    where seller_id is not null

),

listing_events as (

    select * from {{ ref('fct_listing_events') }}

),

sellers as (

    select
        property,
        seller_id,
        min(created_at) as first_listed_at,
        max(created_at) as last_listed_at,
        max(sold_at) as last_sold_at

    from listings

    group by property, seller_id

),

actions as (

    select
        property,
        seller_id,
        created_at as acted_at,
        'begin a listing' as action,
        listing_id,
        1 as precedence
    from listings

    union all

    select
        property,
        seller_id,
        completed_at as acted_at,
        'submit a listing' as action,
        listing_id,
        2 as precedence
    from listings
    where completed_at is not null

    union all

    select
        listing_events.property,
        listing_events.user_id as seller_id,
        listing_events.event_at as acted_at,
        listing_events.action,
        listing_events.listing_id,
        3 as precedence
    from listing_events
    inner join sellers
        on listing_events.property = sellers.property
        and listing_events.user_id = sellers.seller_id

),

-- what is alike in all of these is one action, whichever row says it
actions_numbered as (

    select
        *,
        row_number() over (
            partition by property, seller_id
            order by acted_at desc, precedence desc, action asc, listing_id asc
        ) as action_number

    from actions

),

final as (

    select
        -- keys
        sellers.property,
        sellers.seller_id,

        -- timestamps
        sellers.first_listed_at,
        sellers.last_listed_at,
        sellers.last_sold_at,
        actions_numbered.acted_at as last_action_at,

        -- attributes
        actions_numbered.action as last_action,
        actions_numbered.listing_id as last_action_listing_id

    from sellers

    inner join actions_numbered
        on sellers.property = actions_numbered.property
        and sellers.seller_id = actions_numbered.seller_id
        and actions_numbered.action_number = 1

)

select * from final
order by property asc, last_action_at desc, seller_id asc
