-- Every staged listing is published or refused once, and no other, and so is every
-- staged click (by their number: that no id comes twice is tested on
-- fct_listing_events). A brand or a listing that nobody knows neither loses nor
-- multiplies a row.

with

listings_staged as (

    select
        property,
        listing_id
    from {{ ref('stg_vestiaire__listings') }}

    union all

    select
        property,
        listing_id
    from {{ ref('stg_vivid_seats__ticket_listings') }}

    union all

    select
        property,
        listing_id
    from {{ ref('stg_contract__listings') }}

),

listings_out as (

    select
        property,
        listing_id
    from {{ ref('fct_listings') }}

    union all

    select
        property,
        {{ json_value('raw_row', 'listing_id') }} as listing_id
    from {{ ref('fct_rejected_rows') }}
    where
        layer = 'intermediate' and raw_table in ('listings', 'ticket_listings')

),

staged as (

    select
        property,
        'listing ' || listing_id as thing,
        count(*) as row_count
    from listings_staged
    group by property, listing_id

    union all

    select
        property,
        'clicks' as thing,
        count(*) as row_count
    from {{ ref('stg_vestiaire__clicks') }}
    group by property

    union all

    select
        property,
        'clicks' as thing,
        count(*) as row_count
    from {{ ref('stg_contract__listing_events') }}
    group by property

),

published as (

    select
        property,
        'listing ' || listing_id as thing,
        count(*) as row_count
    from listings_out
    group by property, listing_id

    union all

    select
        property,
        'clicks' as thing,
        count(*) as row_count
    from {{ ref('fct_listing_events') }}
    group by property

)

select
    coalesce(staged.property, published.property) as property,
    coalesce(staged.thing, published.thing) as thing,
    staged.row_count as staged_count,
    published.row_count as published_count

from staged

full join published
    on staged.property = published.property
    and staged.thing = published.thing

where staged.row_count is distinct from published.row_count
