{#
    Listings in UTC, and how far they came: by their own steps, and a lot of tickets by
    its sales, too.
#}

with

listings as (

    select * from {{ ref('int_listings_checked') }}
    where rejection_reason is null

),

events as (

    select * from {{ ref('int_events') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

sales_counted as (

    select
        *,
        sum(quantity) over (
            partition by property, listing_id
            order by sold_at
        ) as quantity_so_far

    from {{ ref('int_sales') }}

    where listing_id is not null

),

-- a lot is sold with its last ticket, whatever is sold of it beyond
sales as (

    select
        property,
        listing_id,
        sum(quantity) as quantity_sold,
        sum(revenue) as sales_revenue,
        min(case when quantity_so_far >= lot_quantity then sold_at end) as sold_out_at

    from sales_counted

    group by property, listing_id

),

timed as (

    select
        listings.property,
        listings.listing_id,
        listings.seller_id,
        listings.event_id,
        listings.brand,
        listings.category,
        listings.section,
        listings.row_label,
        listings.ticket_type,
        listings.is_available,
        listings.quantity,
        listings.price,
        events.event_category,
        events.venue,
        coalesce(
            listings.created_at,
            {{ to_utc('listings.created_at_local', 'properties.time_zone') }}
        ) as created_at,
        coalesce(
            listings.completed_at,
            {{ to_utc('listings.completed_at_local', 'properties.time_zone') }}
        ) as completed_at,
        coalesce(
            listings.sold_at,
            {{ to_utc('listings.sold_at_local', 'properties.time_zone') }}
        ) as own_sold_at,
        -- a lot that says when it was sold needs no sales to tell it
        case
            when
                listings.quantity > coalesce(sales.quantity_sold, 0)
                and coalesce(listings.sold_at, listings.sold_at_local) is not null
                then listings.quantity
            when listings.quantity is not null then coalesce(sales.quantity_sold, 0)
        end as quantity_sold,
        coalesce(sales.sales_revenue, 0) as sales_revenue,
        sales.sold_out_at

    from listings

    inner join properties
        on listings.property = properties.property

    left join events
        on listings.property = events.property
        and listings.event_id = events.event_id

    left join sales
        on listings.property = sales.property
        and listings.listing_id = sales.listing_id

),

sold as (

    select
        *,
        coalesce(own_sold_at, sold_out_at) as sold_at,
        -- a lot that tells of no submission is complete as soon as it is there
        case
            when quantity is null then completed_at
            else coalesce(completed_at, created_at)
        end as complete_from
    from timed

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
        complete_from,
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
            when quantity_sold > quantity then 'oversold'
            when quantity_sold = quantity then 'sold_out'
            when quantity is not null and not is_available then 'withdrawn'
            when quantity is not null then 'open'
            when sold_at is not null then 'sold'
            when completed_at is not null then 'completed'
            else 'started'
        end as status,

        -- measures
        quantity,
        cast(quantity_sold as bigint) as quantity_sold,
        case
            when quantity is null then null
            when not is_available then 0
            else cast(greatest(quantity - quantity_sold, 0) as bigint)
        end as quantity_open,
        price,
        cast(sales_revenue as decimal(18, 2)) as sales_revenue,
        case
            when completed_at >= created_at
                then cast(
                    {{ seconds_between('created_at', 'completed_at') }} / 60
                    as decimal(18, 6)
                )
        end as minutes_to_complete,
        case
            when sold_at >= complete_from
                then cast(
                    {{ seconds_between('complete_from', 'sold_at') }} / 86400
                    as decimal(18, 6)
                )
        end as days_to_sell

    from sold

)

select * from final
