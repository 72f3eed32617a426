-- What was the last action on each product that was never submitted?
--
-- One row per listing without a time of submission, the last acted on first. A
-- listing without a click has no last action. Of clicks at one time the last by
-- action and label.

with

listings as (

    select * from {{ ref('fct_listings') }}
    where completed_at is null

),

listing_events as (

    select * from {{ ref('fct_listing_events') }}

),

events_numbered as (

    select
        *,
        count(*) over (partition by property, listing_id) as click_count,
        row_number() over (
            partition by property, listing_id
            order by event_at desc, action desc, label desc, listing_event_id desc
        ) as event_number

    from listing_events

),

final as (

    select
        -- keys
        listings.property,
        listings.listing_id,
        listings.seller_id,

        -- timestamps
        listings.created_at,
        events_numbered.event_at as last_action_at,

        -- attributes
        listings.brand,
        listings.category,
        events_numbered.action as last_action,
        events_numbered.label as last_label,

        -- measures
        coalesce(events_numbered.click_count, 0) as click_count

    from listings

    left join events_numbered
        on listings.property = events_numbered.property
        and listings.listing_id = events_numbered.listing_id
        and events_numbered.event_number = 1

)

select * from final
order by property asc, last_action_at desc nulls last, listing_id asc
