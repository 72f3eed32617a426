{#
    Listings, what happened to them and what was sold, for all and by each dimension.
    What belongs to no listing, or to one that does not say, is under `(unknown)`.
#}

{%- set dimensions = ['brand', 'category', 'event', 'event_category', 'venue'] -%}

with

listings as (

    select * from {{ ref('int_listings') }}

),

listing_events as (

    select * from {{ ref('int_listing_events') }}

),

sales as (

    select * from {{ ref('int_sales') }}

),

events as (

    select * from {{ ref('int_events') }}

),

listing_clicks as (

    select
        property,
        listing_id,
        count(*) as click_count

    from listing_events

    group by property, listing_id

),

listing_sales as (

    select
        property,
        listing_id,
        event_id,
        sum(quantity) as quantity_sold,
        sum(revenue) as sales_revenue

    from sales

    group by property, listing_id, event_id

),

-- each listing, each count of clicks and each sum of sales once
counted as (

    select
        property,
        listing_id,
        event_id,
        1 as started_count,
        case when completed_at is not null then 1 else 0 end as completed_count,
        case when sold_at is not null then 1 else 0 end as sold_count,
        0 as click_count,
        quantity as quantity_listed,
        cast(null as bigint) as quantity_sold,
        cast(null as decimal(18, 2)) as sales_revenue
    from listings

    union all

    select
        listing_clicks.property,
        listing_clicks.listing_id,
        listings.event_id,
        0 as started_count,
        0 as completed_count,
        0 as sold_count,
        listing_clicks.click_count,
        cast(null as bigint) as quantity_listed,
        cast(null as bigint) as quantity_sold,
        cast(null as decimal(18, 2)) as sales_revenue
    from listing_clicks
    left join listings
        on listing_clicks.property = listings.property
        and listing_clicks.listing_id = listings.listing_id

    union all

    -- a sale says its event itself, whether its listing is there or not
    select
        property,
        listing_id,
        event_id,
        0 as started_count,
        0 as completed_count,
        0 as sold_count,
        0 as click_count,
        cast(null as bigint) as quantity_listed,
        quantity_sold,
        sales_revenue
    from listing_sales

),

described as (

    select
        counted.property,
        listings.brand,
        listings.category,
        counted.event_id as event,
        events.event_category,
        events.venue,
        sum(counted.started_count) as started_count,
        sum(counted.completed_count) as completed_count,
        sum(counted.sold_count) as sold_count,
        sum(counted.click_count) as click_count,
        sum(counted.quantity_listed) as quantity_listed,
        sum(counted.quantity_sold) as quantity_sold,
        sum(counted.sales_revenue) as sales_revenue

    from counted

    left join listings
        on counted.property = listings.property
        and counted.listing_id = listings.listing_id

    left join events
        on counted.property = events.property
        and counted.event_id = events.event_id

    group by
        counted.property,
        listings.brand,
        listings.category,
        counted.event_id,
        events.event_category,
        events.venue

),

-- a property of which no row says a brand is not reported by brand, and so on
properties as (

    select
        property,
        {%- for dimension in dimensions %}
        count({{ dimension }}) > 0 as has_{{ dimension }},
        {%- endfor %}
        sum(click_count) > 0 as has_clicks,
        count(quantity_listed) > 0 as has_quantities,
        count(quantity_sold) > 0 as has_sales

    from described

    group by property

),

by_dimension as (

    select
        described.*,
        '(all)' as dimension,
        '(all)' as dimension_value
    from described
    {%- for dimension in dimensions %}

    union all

    select
        described.*,
        '{{ dimension }}' as dimension,
        coalesce(described.{{ dimension }}, '(unknown)') as dimension_value
    from described
    inner join properties
        on described.property = properties.property
        and properties.has_{{ dimension }}
    {%- endfor %}

),

summed as (

    select
        property,
        dimension,
        dimension_value,
        sum(started_count) as started_count,
        sum(completed_count) as completed_count,
        sum(sold_count) as sold_count,
        sum(click_count) as click_count,
        coalesce(sum(quantity_listed), 0) as quantity_listed,
        coalesce(sum(quantity_sold), 0) as quantity_sold,
        coalesce(sum(sales_revenue), 0) as sales_revenue

    from by_dimension

    group by property, dimension, dimension_value

),

-- a kind of thing that the property does not count at all is null, not none
final as (

    select
        -- keys
        summed.property,
        summed.dimension,
        summed.dimension_value,

        -- measures
        cast(summed.started_count as bigint) as started_count,
        cast(summed.completed_count as bigint) as completed_count,
        cast(summed.sold_count as bigint) as sold_count,
        case when properties.has_clicks then cast(summed.click_count as bigint) end
            as click_count,
        case
            when properties.has_quantities then cast(summed.quantity_listed as bigint)
        end as quantity_listed,
        case when properties.has_sales then cast(summed.quantity_sold as bigint) end
            as quantity_sold,
        case
            when properties.has_sales then cast(summed.sales_revenue as decimal(18, 2))
        end as sales_revenue

    from summed

    inner join properties
        on summed.property = properties.property

)

select * from final
