with

sales as (

    select * from {{ ref('int_sales') }}

),

final as (

    select
        -- keys
        property,
        sale_id,
        event_id,
        listing_id,
        visitor_id,

        -- timestamps
        sold_at,
        sale_date,
        user_since,

        -- attributes
        is_event_known,
        is_listing_known,
        is_first_signup,
        payment_method,
        is_promo_used,
        country,
        city,
        address_hash,
        contact_hash,

        -- measures
        quantity,
        unit_price,
        revenue

    from sales

)

select * from final
