-- What does each seller post, where, at what price, and what is sold of it?
--
-- One row per property and seller of tickets, by revenue. Prices are of one ticket, the
-- mean over tickets; times are UTC. Ticket types are listed by name.

with

sellers as (

    select * from {{ ref('dim_sellers') }}
    where quantity_listed is not null

),

-- a lot without a price is in no mean of prices
lots as (

    select
        *,
        case when price is not null then quantity end as priced_quantity
    from {{ ref('fct_listings') }}
    where seller_id is not null and quantity is not null

),

prices as (

    select
        property,
        seller_id,
        min(price) as lowest_price,
        max(price) as highest_price,
        {{ ratio('sum(quantity * price)', 'sum(priced_quantity)') }} as mean_price,
        string_agg(distinct ticket_type, ', ' order by ticket_type) as ticket_types

    from lots

    group by property, seller_id

),

final as (

    select
        -- keys
        sellers.property,
        sellers.seller_id,

        -- attributes
        sellers.region,
        sellers.segment,
        sellers.seller_since,
        sellers.first_listed_at,
        sellers.last_listed_at,
        prices.ticket_types,

        -- measures
        sellers.event_count,
        sellers.venue_count,
        sellers.listing_count,
        sellers.quantity_listed,
        sellers.quantity_sold,
        sellers.revenue,
        prices.lowest_price,
        prices.mean_price,
        prices.highest_price

    from sellers

    left join prices
        on sellers.property = prices.property
        and sellers.seller_id = prices.seller_id

)

select * from final
order by property asc, revenue desc, seller_id asc
