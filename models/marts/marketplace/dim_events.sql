with

announced as (

    select * from {{ ref('int_events') }}

),

listings as (

    select * from {{ ref('int_listings') }}

),

lots as (

    select * from listings
    where event_id is not null

),

-- listings that tell no quantity are no lots of tickets
uncounted_properties as (

    select property

    from listings

    group by property

    having count(quantity) = 0

),

sales as (

    select * from {{ ref('int_sales') }}
    where event_id is not null

),

selling_properties as (

    select property

    from {{ ref('int_sales') }}

    group by property

),

-- an event that only lots or sales name is an event too
events as (

    select
        property,
        event_id
    from announced
    union
    select
        property,
        event_id
    from lots
    union
    select
        property,
        event_id
    from sales

),

stock as (

    select
        property,
        event_id,
        count(*) as listing_count,
        sum(quantity) as quantity_listed,
        sum(quantity_sold) as quantity_sold,
        sum(case when quantity_open > 0 then 1 else 0 end) as listings_open,
        sum(quantity_open) as quantity_open,
        min(case when quantity_open > 0 then price end) as lowest_price

    from lots

    group by property, event_id

),

sold as (

    select
        property,
        event_id,
        sum(quantity) as quantity_sold,
        sum(revenue) as revenue

    from sales

    group by property, event_id

),

final as (

    select
        -- keys
        events.property,
        events.event_id,

        -- timestamps
        announced.event_at,

        -- attributes
        announced.event_id is not null as is_announced,
        announced.event_name,
        announced.event_category,
        announced.venue,
        announced.city,
        announced.country,

        -- measures
        coalesce(stock.listing_count, 0) as listing_count,
        case
            when uncounted_properties.property is null
                then cast(coalesce(stock.quantity_listed, 0) as bigint)
        end as quantity_listed,
        case
            when uncounted_properties.property is null
                then cast(coalesce(stock.listings_open, 0) as bigint)
        end as listings_open,
        case
            when uncounted_properties.property is null
                then cast(coalesce(stock.quantity_open, 0) as bigint)
        end as quantity_open,
        cast(stock.lowest_price as decimal(18, 2)) as lowest_price,
        -- without sales the lots alone tell what is sold, and nobody for how much
        case
            when selling_properties.property is not null
                then cast(coalesce(sold.quantity_sold, 0) as bigint)
            when uncounted_properties.property is null
                then cast(coalesce(stock.quantity_sold, 0) as bigint)
        end as quantity_sold,
        case
            when selling_properties.property is not null
                then cast(coalesce(sold.revenue, 0) as decimal(18, 2))
        end as revenue

    from events

    left join selling_properties
        on events.property = selling_properties.property

    left join uncounted_properties
        on events.property = uncounted_properties.property

    left join announced
        on events.property = announced.property
        and events.event_id = announced.event_id

    left join stock
        on events.property = stock.property
        and events.event_id = stock.event_id

    left join sold
        on events.property = sold.property
        and events.event_id = sold.event_id

)

select * from final
