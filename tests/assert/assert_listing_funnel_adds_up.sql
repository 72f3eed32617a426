-- The total of the funnel is every listing, every event of one and every sale; each
-- dimension that a property has adds up to that total, in each of the measures.

with

properties as (

    select property
    from {{ ref('fct_listings') }}
    union
    select property
    from {{ ref('fct_listing_events') }}
    union
    select property
    from {{ ref('int_sales') }}

),

listings as (

    select
        property,
        count(*) as started_count,
        count(completed_at) as completed_count,
        count(sold_at) as sold_count,
        sum(quantity) as quantity_listed

    from {{ ref('fct_listings') }}

    group by property

),

listing_events as (

    select
        property,
        count(*) as click_count

    from {{ ref('fct_listing_events') }}

    group by property

),

sales as (

    select
        property,
        sum(quantity) as quantity_sold,
        sum(revenue) as sales_revenue

    from {{ ref('int_sales') }}

    group by property

),

expected as (

    select
        properties.property,
        coalesce(listings.started_count, 0) as started_count,
        coalesce(listings.completed_count, 0) as completed_count,
        coalesce(listings.sold_count, 0) as sold_count,
        listing_events.click_count,
        listings.quantity_listed,
        sales.quantity_sold,
        sales.sales_revenue

    from properties

    left join listings
        on properties.property = listings.property

    left join listing_events
        on properties.property = listing_events.property

    left join sales
        on properties.property = sales.property

),

reported as (

    select
        property,
        dimension,
        sum(started_count) as started_count,
        sum(completed_count) as completed_count,
        sum(sold_count) as sold_count,
        sum(click_count) as click_count,
        sum(quantity_listed) as quantity_listed,
        sum(quantity_sold) as quantity_sold,
        sum(sales_revenue) as sales_revenue

    from {{ ref('rpt_listing_funnel') }}

    group by property, dimension

),

-- every property has its total, whatever else it has
dimensions as (

    select
        property,
        dimension
    from reported
    union
    select
        property,
        '(all)' as dimension
    from properties

)

select
    dimensions.property,
    dimensions.dimension

from dimensions

left join expected
    on dimensions.property = expected.property

left join reported
    on dimensions.property = reported.property
    and dimensions.dimension = reported.dimension

where
    reported.started_count is distinct from expected.started_count
    or reported.completed_count is distinct from expected.completed_count
    or reported.sold_count is distinct from expected.sold_count
    or reported.click_count is distinct from expected.click_count
    or reported.quantity_listed is distinct from expected.quantity_listed
    or reported.quantity_sold is distinct from expected.quantity_sold
    or reported.sales_revenue is distinct from expected.sales_revenue
