-- How many clicks does a submitted product have in the median?
--
-- One row per property. median_clicks is over all submitted products, those without
-- a click at 0; median_clicks_if_clicked over those that have any. An export of
-- clicks on unsubmitted products alone says 0 here: see the counts of unsubmitted
-- ones beside it.

with

listings as (

    select * from {{ ref('fct_listings') }}

),

listing_clicks as (

    select
        property,
        listing_id,
        count(*) as click_count

    from {{ ref('fct_listing_events') }}

    group by property, listing_id

),

clicked as (

    select
        listings.property,
        listings.completed_at is not null as is_submitted,
        coalesce(listing_clicks.click_count, 0) as click_count

    from listings

    left join listing_clicks
        on listings.property = listing_clicks.property
        and listings.listing_id = listing_clicks.listing_id

),

final as (

    select
        -- keys
        property,

        -- measures
        count(*) filter (where is_submitted) as submitted_count,
        count(*) filter (where is_submitted and click_count > 0)
            as clicked_submitted_count,
        cast(
            coalesce(sum(click_count) filter (where is_submitted), 0) as bigint
        ) as click_count,
        median(click_count) filter (where is_submitted) as median_clicks,
        median(click_count) filter (where is_submitted and click_count > 0)
            as median_clicks_if_clicked,
        count(*) filter (where not is_submitted) as unsubmitted_count,
        cast(
            coalesce(sum(click_count) filter (where not is_submitted), 0) as bigint
        ) as unsubmitted_click_count,
        median(click_count) filter (where not is_submitted)
            as median_clicks_unsubmitted

    from clicked

    group by property

)

select * from final
order by property asc
