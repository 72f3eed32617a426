{#
    One shape for the listings of all layouts. A layout fills what it knows: times are in
    UTC where staging knows the clock, else still on the property's own.

    A property may come in several layouts, and they may list a thing under one id: it
    stays in the input contract, else in the stock of Vivid Seats.
#}

with

vestiaire_listings as (

    select * from {{ ref('stg_vestiaire__listings') }}

),

vestiaire_brands as (

    select * from {{ ref('stg_vestiaire__brands') }}

),

vestiaire_categories as (

    select * from {{ ref('stg_vestiaire__category') }}

),

-- a listing names its brand and category by id; one that nobody knows is none
vestiaire as (

    select
        -- keys
        vestiaire_listings.property,
        vestiaire_listings.listing_id,
        vestiaire_listings.seller_id,
        {{ null_text() }} as event_id,

        -- timestamps
        vestiaire_listings.created_at_local,
        vestiaire_listings.completed_at_local,
        vestiaire_listings.sold_at_local,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as completed_at,
        cast(null as timestamp) as sold_at,

        -- attributes
        vestiaire_brands.brand,
        vestiaire_categories.category,
        {{ null_text() }} as section,
        {{ null_text() }} as row_label,
        {{ null_text() }} as ticket_type,
        cast(null as boolean) as is_available,
        {{ null_text() }} as currency,
        'listings' as raw_table,
        vivid_seats_lots.listing_id is not null
        or contract_listings.listing_id is not null as is_repeated,
        false as is_listed_again,

        -- measures
        cast(null as bigint) as quantity,
        cast(null as decimal(18, 2)) as price

    from vestiaire_listings

    left join vestiaire_brands
        on vestiaire_listings.property = vestiaire_brands.property
        and vestiaire_listings.brand_id = vestiaire_brands.brand_id

    left join vestiaire_categories
        on vestiaire_listings.property = vestiaire_categories.property
        and vestiaire_listings.category_id = vestiaire_categories.category_id

    left join {{ ref('stg_vivid_seats__ticket_listings') }} as vivid_seats_lots
        on vestiaire_listings.property = vivid_seats_lots.property
        and vestiaire_listings.listing_id = vivid_seats_lots.listing_id

    left join {{ ref('stg_contract__listings') }} as contract_listings
        on vestiaire_listings.property = contract_listings.property
        and vestiaire_listings.listing_id = contract_listings.listing_id

),

-- a lot is posted in one step
vivid_seats as (

    select
        -- keys
        vivid_seats_lots.property,
        vivid_seats_lots.listing_id,
        vivid_seats_lots.seller_id,
        vivid_seats_lots.event_id,

        -- timestamps
        vivid_seats_lots.posted_at_local as created_at_local,
        cast(null as timestamp) as completed_at_local,
        cast(null as timestamp) as sold_at_local,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as completed_at,
        cast(null as timestamp) as sold_at,

        -- attributes
        {{ null_text() }} as brand,
        {{ null_text() }} as category,
        vivid_seats_lots.section,
        vivid_seats_lots.row_label,
        vivid_seats_lots.ticket_type,
        vivid_seats_lots.is_available,
        {{ null_text() }} as currency,
        'ticket_listings' as raw_table,
        contract_listings.listing_id is not null as is_repeated,
        vivid_seats_lots.is_listed_again,

        -- measures
        vivid_seats_lots.quantity,
        vivid_seats_lots.price

    from {{ ref('stg_vivid_seats__ticket_listings') }} as vivid_seats_lots

    left join {{ ref('stg_contract__listings') }} as contract_listings
        on vivid_seats_lots.property = contract_listings.property
        and vivid_seats_lots.listing_id = contract_listings.listing_id

),

contract as (

    select
        -- keys
        property,
        listing_id,
        seller_id,
        event_id,

        -- timestamps
        cast(null as timestamp) as created_at_local,
        cast(null as timestamp) as completed_at_local,
        cast(null as timestamp) as sold_at_local,
        created_at,
        completed_at,
        sold_at,

        -- attributes
        brand,
        category,
        section,
        row_label,
        ticket_type,
        is_available,
        currency,
        'listings' as raw_table,
        false as is_repeated,
        false as is_listed_again,

        -- measures
        quantity,
        price

    from {{ ref('stg_contract__listings') }}

),

unioned as (

    select * from vestiaire
    union all
    select * from vivid_seats
    union all
    select * from contract

)

select * from unioned
