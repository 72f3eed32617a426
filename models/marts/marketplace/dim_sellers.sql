{#
    Segments look back from the property's last listing, since nothing here asks what day
    it is.
#}

with

joined_sellers as (

    select * from {{ ref('int_sellers') }}

),

listings as (

    select * from {{ ref('int_listings') }}
    where seller_id is not null

),

events as (

    select * from {{ ref('int_events') }}

),

last_actions as (

    select * from {{ ref('int_seller_actions') }}

),

-- a seller who lists without having joined is a seller too
sellers as (

    select
        property,
        seller_id
    from joined_sellers
    union
    select
        property,
        seller_id
    from listings

),

selling_properties as (

    select property

    from {{ ref('int_sales') }}

    group by property

),

property_ends as (

    select
        property,
        max(created_at) as last_created_at,
        count(quantity) > 0 as has_quantities

    from listings

    group by property

),

summed as (

    select
        listings.property,
        listings.seller_id,
        min(listings.created_at) as first_listed_at,
        max(listings.created_at) as last_listed_at,
        max(listings.sold_at) as last_sold_at,
        count(*) as listing_count,
        count(listings.completed_at) as completed_count,
        count(listings.sold_at) as sold_count,
        count(distinct listings.event_id) as event_count,
        count(distinct events.venue) as venue_count,
        count(distinct listings.ticket_type) as ticket_type_count,
        sum(listings.quantity) as quantity_listed,
        sum(listings.quantity_sold) as quantity_sold,
        sum(listings.sales_revenue) as revenue

    from listings

    left join events
        on listings.property = events.property
        and listings.event_id = events.event_id

    group by listings.property, listings.seller_id

),

final as (

    select
        -- keys
        sellers.property,
        sellers.seller_id,

        -- timestamps
        joined_sellers.seller_since,
        summed.first_listed_at,
        summed.last_listed_at,
        summed.last_sold_at,

        -- attributes
        joined_sellers.region,
        last_actions.action as last_action,
        case
            when summed.seller_id is null then 'never_listed'
            when
                summed.last_listed_at <= {{ days_before(
                    'property_ends.last_created_at', var('lapsed_seller_days')
                ) }}
                then 'lapsed'
            when
                summed.first_listed_at > {{ days_before(
                    'property_ends.last_created_at', var('new_seller_days')
                ) }}
                then 'new'
            when summed.listing_count >= {{ var('frequent_seller_listings') }}
                then 'frequent'
            else 'occasional'
        end as segment,

        -- measures
        coalesce(summed.listing_count, 0) as listing_count,
        coalesce(summed.completed_count, 0) as completed_count,
        coalesce(summed.sold_count, 0) as sold_count,
        coalesce(summed.event_count, 0) as event_count,
        coalesce(summed.venue_count, 0) as venue_count,
        coalesce(summed.ticket_type_count, 0) as ticket_type_count,
        case
            when property_ends.has_quantities
                then cast(coalesce(summed.quantity_listed, 0) as bigint)
        end as quantity_listed,
        case
            when property_ends.has_quantities
                then cast(coalesce(summed.quantity_sold, 0) as bigint)
        end as quantity_sold,
        -- a lot that says itself that it was sold does not say for how much
        case
            when
                property_ends.has_quantities
                and selling_properties.property is not null
                then cast(coalesce(summed.revenue, 0) as decimal(18, 2))
        end as revenue

    from sellers

    left join joined_sellers
        on sellers.property = joined_sellers.property
        and sellers.seller_id = joined_sellers.seller_id

    left join summed
        on sellers.property = summed.property
        and sellers.seller_id = summed.seller_id

    left join property_ends
        on sellers.property = property_ends.property

    left join selling_properties
        on sellers.property = selling_properties.property

    left join last_actions
        on sellers.property = last_actions.property
        and sellers.seller_id = last_actions.seller_id

)

select * from final
