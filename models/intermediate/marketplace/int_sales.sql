{#
    Sales, and whether anybody has announced the event and listed the lot. A sale is a
    conversion too, under the same id.
#}

with

sales as (

    select * from {{ ref('stg_vivid_seats__customer_sales') }}

),

conversions as (

    select * from {{ ref('int_tracked_conversions_checked') }}
    where raw_table = 'customer_sales' and rejection_reason is null

),

events as (

    select * from {{ ref('int_events') }}

),

listings as (

    select * from {{ ref('int_listings_checked') }}
    where rejection_reason is null

),

properties as (

    select * from {{ ref('int_properties') }}

),

final as (

    select
        -- keys
        sales.property,
        sales.sale_id,
        sales.event_id,
        sales.listing_id,
        sales.visitor_id,

        -- timestamps
        {{ to_utc('sales.sold_at_local', 'properties.time_zone') }} as sold_at,
        cast(sales.sold_at_local as date) as sale_date,
        sales.user_since,

        -- attributes
        events.event_id is not null as is_event_known,
        listings.listing_id is not null as is_listing_known,
        sales.is_first_signup,
        sales.payment_method,
        sales.is_promo_used,
        sales.country,
        sales.city,
        sales.address_hash,
        sales.contact_hash,

        -- measures
        sales.quantity,
        sales.unit_price,
        sales.revenue,
        listings.quantity as lot_quantity

    from sales

    inner join conversions
        on sales.property = conversions.property
        and sales.sale_id = conversions.conversion_id

    inner join properties
        on sales.property = properties.property

    left join events
        on sales.property = events.property
        and sales.event_id = events.event_id

    left join listings
        on sales.property = listings.property
        and sales.listing_id = listings.listing_id

)

select * from final
