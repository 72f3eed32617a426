-- How many tickets of which type are on offer for each event, and at what price?
--
-- One row per property, event and ticket type that has been listed, and `(all)` types
-- first. On offer are the tickets left in lots that are not marked unavailable, as in
-- dim_events: listings_open and quantity_open, and sellers, sections and prices are
-- those of open lots. The mean price is of one ticket. listing_count and
-- quantity_listed are all that was ever listed; where nothing is left of it there is no
-- price. An event without a name is one that nobody has announced.

with

lots as (

    select * from {{ ref('fct_listings') }}
    where event_id is not null

),

events as (

    select * from {{ ref('dim_events') }}

),

typed as (

    select
        property,
        event_id,
        coalesce(ticket_type, '(unknown)') as ticket_type,
        case when quantity_open > 0 then seller_id end as open_seller_id,
        case when quantity_open > 0 then section end as open_section,
        case when quantity_open > 0 then price end as open_price,
        quantity,
        quantity_open,
        -- a lot without a price is in no mean of prices
        case when price is not null then quantity_open end as priced_quantity
    from lots

),

summed as (

    select
        property,
        event_id,
        coalesce(ticket_type, '(all)') as ticket_type,
        count(*) as listing_count,
        coalesce(sum(quantity), 0) as quantity_listed,
        sum(case when quantity_open > 0 then 1 else 0 end) as listings_open,
        coalesce(sum(quantity_open), 0) as quantity_open,
        count(distinct open_seller_id) as seller_count,
        count(distinct open_section) as section_count,
        min(open_price) as lowest_price,
        {{ ratio('sum(quantity_open * open_price)', 'sum(priced_quantity)') }}
            as mean_price,
        max(open_price) as highest_price

    from typed

    group by property, event_id, rollup(ticket_type)

),

final as (

    select
        -- keys
        summed.property,
        summed.event_id,
        summed.ticket_type,

        -- attributes
        events.event_name,
        events.event_category,
        events.venue,
        events.event_at,

        -- measures
        summed.listing_count,
        summed.quantity_listed,
        summed.listings_open,
        summed.quantity_open,
        summed.seller_count,
        summed.section_count,
        summed.lowest_price,
        summed.mean_price,
        summed.highest_price

    from summed

    inner join events
        on summed.property = events.property
        and summed.event_id = events.event_id

)

select * from final
order by
    property asc,
    event_id asc,
    case when ticket_type = '(all)' then 0 else 1 end asc,
    ticket_type asc
