-- Each sale earns what its conversion does, as it was tracked. What events sold is what
-- was sold of any event, what sellers list is what is listed by any, and partners and
-- own traffic together are all sessions and all counted conversions.

with

sales as (

    select
        property,
        count(*) as sale_count,
        sum(case when event_id is not null then quantity else 0 end) as quantity,
        sum(case when event_id is not null then revenue else 0 end) as event_revenue,
        sum(revenue) as revenue

    from {{ ref('fct_sales') }}

    group by property

),

-- where there are books, what tracking says is in the reconciliation; where another
-- table tells of the same sale, too, the conversion may be of that row
sales_as_conversions as (

    select
        sales.property,
        count(*) as sale_count,
        sum(
            case
                when tracked.raw_table != 'customer_sales' then sales.revenue
                when reconciled.conversion_id is not null
                    then reconciled.tracked_revenue
                else conversions.revenue
            end
        ) as revenue

    from {{ ref('fct_sales') }} as sales

    inner join {{ ref('fct_conversions') }} as conversions
        on sales.property = conversions.property
        and sales.sale_id = conversions.conversion_id

    left join {{ ref('fct_conversion_reconciliation') }} as reconciled
        on sales.property = reconciled.property
        and sales.sale_id = reconciled.conversion_id

    left join {{ ref('int_tracked_conversions_numbered') }} as tracked
        on sales.property = tracked.property
        and sales.sale_id = tracked.conversion_id
        and tracked.copy_number = 1

    group by sales.property

),

-- who does not count has bought nothing
sales_staged as (

    select
        sales.property,
        count(*) as sale_count

    from {{ ref('stg_vivid_seats__customer_sales') }} as sales

    left join {{ ref('int_tracked_conversions_checked') }} as refused
        on sales.property = refused.property
        and sales.sale_id = refused.conversion_id
        and refused.raw_table = 'customer_sales'
        and refused.rejection_reason is not null

    where refused.conversion_id is null

    group by sales.property

),

events as (

    select
        property,
        sum(quantity_sold) as quantity_sold,
        sum(revenue) as revenue

    from {{ ref('dim_events') }}

    group by property

),

listings as (

    select
        property,
        count(*) as listing_count,
        sum(quantity) as quantity

    from {{ ref('fct_listings') }}

    where seller_id is not null

    group by property

),

sellers as (

    select
        property,
        sum(listing_count) as listing_count,
        sum(quantity_listed) as quantity_listed

    from {{ ref('dim_sellers') }}

    group by property

),

partners as (

    select
        property,
        sum(session_count) as session_count,
        sum(conversion_count) as conversion_count,
        sum(revenue) as revenue

    from {{ ref('rpt_traffic_partners') }}

    group by property

),

sessions as (

    select
        property,
        count(*) as session_count

    from {{ ref('fct_sessions') }}

    group by property

    having count(traffic_type) > 0

),

conversions as (

    select
        property,
        count(*) as conversion_count,
        sum({{ credit_revenue() }}) as revenue

    from {{ ref('fct_conversions') }}

    where is_counted

    group by property

),

sale_gaps as (

    select
        coalesce(sales_staged.property, sales.property) as property,
        'sales' as what

    from sales_staged

    full join sales
        on sales_staged.property = sales.property

    left join sales_as_conversions
        on sales.property = sales_as_conversions.property

    left join events
        on sales.property = events.property

    where
        sales.sale_count is distinct from sales_staged.sale_count
        or sales.sale_count is distinct from sales_as_conversions.sale_count
        or sales.revenue is distinct from sales_as_conversions.revenue
        -- sales may name no event, and then there need be none
        or sales.event_revenue is distinct from coalesce(events.revenue, 0)
        or sales.quantity is distinct from coalesce(events.quantity_sold, 0)

),

seller_gaps as (

    select
        coalesce(listings.property, sellers.property) as property,
        'sellers' as what

    from listings

    full join sellers
        on listings.property = sellers.property

    where
        coalesce(listings.listing_count, 0)
        is distinct from coalesce(sellers.listing_count, 0)
        or listings.quantity is distinct from sellers.quantity_listed

),

partner_gaps as (

    select
        coalesce(sessions.property, partners.property) as property,
        'partners' as what

    from sessions

    full join partners
        on sessions.property = partners.property

    left join conversions
        on sessions.property = conversions.property

    where
        sessions.session_count is distinct from partners.session_count
        or coalesce(conversions.conversion_count, 0)
        is distinct from partners.conversion_count
        or coalesce(conversions.revenue, 0) is distinct from partners.revenue

)

select * from sale_gaps
union all
select * from seller_gaps
union all
select * from partner_gaps
