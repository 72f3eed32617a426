with

listings as (

    select * from {{ ref('int_listings_unioned') }}

),

events as (

    select * from {{ ref('int_events') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

timed as (

    select
        listings.*,
        events.event_category,
        events.venue,
        {{ to_utc('listings.created_at_local', 'properties.time_zone') }}
            as created_at,
        {{ to_utc('listings.completed_at_local', 'properties.time_zone') }}
            as completed_at,
        {{ to_utc('listings.sold_at_local', 'properties.time_zone') }} as sold_at

    from listings

    inner join properties
        on listings.property = properties.property

    left join events
        on listings.property = events.property
        and listings.event_id = events.event_id

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
        case
            when sold_at is not null then 'sold'
            when completed_at is not null then 'completed'
            else 'started'
        end as status,

        -- measures
        quantity,
        price,
        case
            when completed_at >= created_at
                then cast(
                    {{ seconds_between('created_at', 'completed_at') }} / 60
                    as decimal(18, 6)
                )
        end as minutes_to_complete,
        case
            when sold_at >= completed_at
                then cast(
                    {{ seconds_between('completed_at', 'sold_at') }} / 86400
                    as decimal(18, 6)
                )
        end as days_to_sell

    from timed

)

select * from final
