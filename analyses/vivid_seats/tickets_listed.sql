-- How many tickets of which type are on offer for each event, and at what price?
--
-- One row per property, event and ticket type, and `(all)` types first. An event
-- without a name is one that nobody has announced.

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
        seller_id,
        section,
        quantity,
        price,
        -- a lot without a price is in no mean of prices
        case when price is not null then quantity end as priced_quantity
    from lots

),

summed as (

    select
        property,
        event_id,
        coalesce(ticket_type, '(all)') as ticket_type,
        count(*) as listing_count,
        count(distinct seller_id) as seller_count,
        count(distinct section) as section_count,
        sum(quantity) as quantity_listed,
        min(price) as lowest_price,
        {{ ratio('sum(quantity * price)', 'sum(priced_quantity)') }} as mean_price,
        max(price) as highest_price

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
        summed.seller_count,
        summed.section_count,
        summed.quantity_listed,
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
