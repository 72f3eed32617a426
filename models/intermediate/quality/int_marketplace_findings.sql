{#
    Sales, lots and visitors of a marketplace that do not go together.
#}

with

sales as (

    select * from {{ ref('int_sales') }}

),

lots as (

    select * from {{ ref('int_listings') }}
    where quantity is not null

),

lots_listed_again as (

    select * from {{ ref('int_listings_checked') }}
    where is_listed_again and rejection_reason is null

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

unknown_events as (

    select
        property,
        'sale_of_unknown_event' as check_name,
        sale_id as finding_key,
        1 as row_count,
        revenue as amount

    from sales

    where not is_event_known

),

-- a sale that names no lot is of none that is unknown
unknown_listings as (

    select
        property,
        'sale_of_unknown_listing' as check_name,
        sale_id as finding_key,
        1 as row_count,
        revenue as amount

    from sales

    where listing_id is not null and not is_listing_known

),

listed_twice as (

    select
        property,
        'lot_listed_twice' as check_name,
        listing_id as finding_key,
        1 as row_count,
        quantity * price as amount

    from lots_listed_again

),

oversold as (

    select
        property,
        'lot_oversold' as check_name,
        listing_id as finding_key,
        1 as row_count,
        coalesce((quantity_sold - quantity) * price, 0) as amount

    from lots

    where quantity_sold > quantity

),

both_ways as (

    select
        property,
        'visitor_direct_and_indirect' as check_name,
        user_id as finding_key,
        1 as row_count,
        0 as amount

    from sessions

    where traffic_type is not null and user_id is not null

    group by property, user_id

    having count(distinct traffic_type) > 1

),

-- named by a visitor, so that no key is needed to read it
shared_contacts as (

    select
        property,
        'contact_number_shared' as check_name,
        min(visitor_id) as finding_key,
        count(distinct visitor_id) as row_count,
        sum(revenue) as amount

    from sales

    where contact_hash is not null and visitor_id is not null

    group by property, contact_hash

    having count(distinct visitor_id) > 1

),

findings as (

    select * from unknown_events
    union all
    select * from unknown_listings
    union all
    select * from listed_twice
    union all
    select * from oversold
    union all
    select * from both_ways
    union all
    select * from shared_contacts

),

-- a visitor with two shared numbers is one finding
final as (

    select
        property,
        check_name,
        finding_key,
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(amount) as decimal(38, 6)) as amount

    from findings

    group by property, check_name, finding_key

)

select * from final
