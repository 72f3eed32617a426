{#
    Listings whose times, brand or category cannot be, and events of no listing.
#}

with

listings as (

    select * from {{ ref('int_listings') }}

),

listing_events as (

    select * from {{ ref('int_listing_events') }}

),

-- brands and categories by id are Vestiaire's alone
vestiaire_listings as (

    select * from {{ ref('stg_vestiaire__listings') }}

),

vestiaire_categories as (

    select * from {{ ref('stg_vestiaire__category') }}

),

completed_first as (

    select
        property,
        'listing_completed_before_start' as check_name,
        listing_id as finding_key,
        1 as row_count

    from listings

    where completed_at < created_at

),

sold_first as (

    select
        property,
        'listing_sold_before_completion' as check_name,
        listing_id as finding_key,
        1 as row_count

    from listings

    where sold_at < complete_from

),

-- a lot of tickets is posted in one step
never_completed as (

    select
        property,
        'listing_sold_without_completion' as check_name,
        listing_id as finding_key,
        1 as row_count

    from listings

    where sold_at is not null and completed_at is null and quantity is null

),

brand_unknown as (

    select
        vestiaire_listings.property,
        'listing_brand_unknown' as check_name,
        coalesce(vestiaire_listings.brand_id, '(none)') as finding_key,
        count(*) as row_count

    from vestiaire_listings

    inner join listings
        on vestiaire_listings.property = listings.property
        and vestiaire_listings.listing_id = listings.listing_id

    where listings.brand is null

    group by
        vestiaire_listings.property, coalesce(vestiaire_listings.brand_id, '(none)')

),

category_unknown as (

    select
        vestiaire_listings.property,
        'listing_category_unknown' as check_name,
        coalesce(vestiaire_listings.category_id, '(none)') as finding_key,
        count(*) as row_count

    from vestiaire_listings

    inner join listings
        on vestiaire_listings.property = listings.property
        and vestiaire_listings.listing_id = listings.listing_id

    where listings.category is null

    group by
        vestiaire_listings.property,
        coalesce(vestiaire_listings.category_id, '(none)')

),

category_repeated as (

    select
        property,
        'category_name_repeated' as check_name,
        category as finding_key,
        count(*) as row_count

    from vestiaire_categories

    where category is not null

    group by property, category

    having count(*) > 1

),

listed_events as (

    select
        property,
        listing_id,
        count(*) as event_count

    from listing_events

    group by property, listing_id

),

event_without_listing as (

    select
        listed_events.property,
        'listing_event_without_listing' as check_name,
        coalesce(listed_events.listing_id, '(none)') as finding_key,
        sum(listed_events.event_count) as row_count

    from listed_events

    left join listings
        on listed_events.property = listings.property
        and listed_events.listing_id = listings.listing_id

    where listings.listing_id is null

    group by listed_events.property, coalesce(listed_events.listing_id, '(none)')

),

findings as (

    select * from completed_first
    union all
    select * from sold_first
    union all
    select * from never_completed
    union all
    select * from brand_unknown
    union all
    select * from category_unknown
    union all
    select * from category_repeated
    union all
    select * from event_without_listing

),

final as (

    select
        property,
        check_name,
        finding_key,
        row_count,
        cast(0 as decimal(38, 6)) as amount

    from findings

)

select * from final
