-- What is sold of each event?
--
-- One row per property and event that was announced, listed or sold, by revenue.

with

events as (

    select * from {{ ref('dim_events') }}

),

sales as (

    select
        property,
        event_id,
        count(*) as sale_count,
        count(distinct visitor_id) as buyer_count

    from {{ ref('fct_sales') }}

    group by property, event_id

),

final as (

    select
        -- keys
        events.property,
        events.event_id,

        -- attributes
        events.event_name,
        events.event_category,
        events.venue,
        events.event_at,

        -- measures
        coalesce(sales.sale_count, 0) as sale_count,
        coalesce(sales.buyer_count, 0) as buyer_count,
        events.quantity_listed,
        events.quantity_sold,
        events.quantity_open,
        {{ ratio('events.quantity_sold', 'sales.sale_count') }} as tickets_per_sale,
        {{ ratio('events.revenue', 'events.quantity_sold') }} as mean_price,
        events.revenue

    from events

    left join sales
        on events.property = sales.property
        and events.event_id = sales.event_id

)

select * from final
order by property asc, revenue desc, event_id asc
