-- How much time was spent on each listing?
--
-- One row per listing, the longest first. minutes_to_complete runs from start to
-- submission, whatever the seller did in between. active_minutes is what the
-- seller's own clicks show: the time from each click on the listing to the next,
-- pauses of more than 30 minutes left out (they count as 0); it is null with fewer
-- than two clicks.

with

listings as (

    select * from {{ ref('fct_listings') }}

),

listing_events as (

    select * from {{ ref('fct_listing_events') }}

),

seller_events as (

    select
        listings.property,
        listings.listing_id,
        listing_events.event_at,
        lag(listing_events.event_at) over (
            partition by listings.property, listings.listing_id
            order by listing_events.event_at, listing_events.listing_event_id
        ) as previous_event_at

    from listings

    inner join listing_events
        on listings.property = listing_events.property
        and listings.listing_id = listing_events.listing_id
        and listings.seller_id = listing_events.user_id

),

steps as (

    select
        property,
        listing_id,
        cast(
            {{ seconds_between('previous_event_at', 'event_at') }} as decimal(18, 6)
        ) as step_seconds

    from seller_events

),

active_times as (

    select
        property,
        listing_id,
        count(*) as seller_click_count,
        -- the first click has no step, a pause one that does not count
        sum(case when step_seconds > 1800 then 0 else step_seconds end)
            as active_seconds,
        count(case when step_seconds > 1800 then 1 end) as pause_count

    from steps

    group by property, listing_id

),

final as (

    select
        -- keys
        listings.property,
        listings.listing_id,
        listings.seller_id,

        -- attributes
        listings.category,
        listings.status,

        -- measures
        listings.minutes_to_complete,
        {{ ratio('active_times.active_seconds', '60') }} as active_minutes,
        coalesce(active_times.seller_click_count, 0) as seller_click_count,
        coalesce(active_times.pause_count, 0) as pause_count

    from listings

    left join active_times
        on listings.property = active_times.property
        and listings.listing_id = active_times.listing_id

)

select * from final
order by
    property asc,
    coalesce(minutes_to_complete, active_minutes) desc nulls last,
    listing_id asc
