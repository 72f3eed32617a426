with

listings as (

    select * from {{ ref('int_listings') }}

),

final as (

    select
        -- keys
        property,
        listing_id,
        seller_id,
        event_id,

        -- timestamps
        created_at,
        completed_at,
        sold_at,

        -- attributes
        brand,
        category,
        event_category,
        venue,
        section,
        row_label,
        ticket_type,
        is_available,
        status,

        -- measures
        quantity,
        quantity_sold,
        quantity_open,
        price,
        minutes_to_complete,
        days_to_sell

    from listings

)

select * from final
