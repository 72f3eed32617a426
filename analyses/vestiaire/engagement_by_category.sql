-- How much do people click in each category?
--
-- One row per property and category, `(all)` together first, then by clicks. Clicks
-- on no listing, and on listings of no category, are under `(unknown)`. user_count
-- counts everybody once in each row. clicked_share is the part of the listings with
-- a click.

with

listings as (

    select * from {{ ref('fct_listings') }}

),

listing_users as (

    select
        property,
        listing_id,
        user_id,
        count(*) as click_count

    from {{ ref('fct_listing_events') }}

    group by property, listing_id, user_id

),

category_listings as (

    select
        property,
        coalesce(category, '(unknown)') as known_category,
        listing_id
    from listings

),

category_sizes as (

    select
        property,
        coalesce(known_category, '(all)') as category,
        count(*) as listing_count

    from category_listings

    group by property, rollup(known_category)

),

clicked as (

    select
        listing_users.property,
        coalesce(category_listings.known_category, '(unknown)') as known_category,
        category_listings.listing_id,
        listing_users.user_id,
        listing_users.click_count

    from listing_users

    left join category_listings
        on listing_users.property = category_listings.property
        and listing_users.listing_id = category_listings.listing_id

),

category_clicks as (

    select
        property,
        coalesce(known_category, '(all)') as category,
        cast(sum(click_count) as bigint) as click_count,
        count(distinct user_id) as user_count,
        count(distinct listing_id) as clicked_listing_count

    from clicked

    group by property, rollup(known_category)

),

final as (

    select
        -- keys
        coalesce(category_sizes.property, category_clicks.property) as property,
        coalesce(category_sizes.category, category_clicks.category) as category,

        -- measures
        coalesce(category_sizes.listing_count, 0) as listing_count,
        coalesce(category_clicks.clicked_listing_count, 0) as clicked_listing_count,
        coalesce(category_clicks.click_count, 0) as click_count,
        coalesce(category_clicks.user_count, 0) as user_count,
        {{ ratio(
            'coalesce(category_clicks.clicked_listing_count, 0)',
            'category_sizes.listing_count'
        ) }} as clicked_share,
        {{ ratio(
            'coalesce(category_clicks.click_count, 0)', 'category_sizes.listing_count'
        ) }} as clicks_per_listing,
        {{ ratio(
            'category_clicks.click_count', 'category_clicks.clicked_listing_count'
        ) }} as clicks_per_clicked_listing

    from category_sizes

    full join category_clicks
        on category_sizes.property = category_clicks.property
        and category_sizes.category = category_clicks.category

)

select * from final
order by
    property asc,
    case when category = '(all)' then 0 else 1 end asc,
    click_count desc,
    listing_count desc,
    category asc
