-- Which of the main categories has each seller listed?
--
-- One row per property and seller, most listings first. Main are the five categories
-- of the property with the most listings; they stand in that order.

with

listings as (

    select * from {{ ref('fct_listings') }}

),

categories as (

    select
        property,
        category,
        count(*) as listing_count

    from listings

    where category is not null

    group by property, category

),

categories_ranked as (

    select
        *,
        row_number() over (
            partition by property
            order by listing_count desc, category asc
        ) as category_rank

    from categories

),

main_categories as (

    select * from categories_ranked
    where category_rank <= 5

),

seller_categories as (

    select
        listings.property,
        listings.seller_id,
        main_categories.category_rank,
        max(main_categories.category) as category,
        count(*) as listing_count

    from listings

    left join main_categories
        on listings.property = main_categories.property
        and listings.category = main_categories.category

    where listings.seller_id is not null

    group by listings.property, listings.seller_id, main_categories.category_rank

),

final as (

    select
        -- keys
        property,
        seller_id,

        -- attributes
        coalesce(
            string_agg(
                category || ' (' || listing_count || ')', '; ' order by category_rank
            ),
            '(none)'
        ) as main_categories,

        -- measures
        count(category_rank) as main_category_count,
        cast(sum(listing_count) as bigint) as listing_count,
        cast(
            sum(case when category_rank is null then listing_count else 0 end) as bigint
        ) as other_listing_count

    from seller_categories

    group by property, seller_id

)

select * from final
order by property asc, listing_count desc, seller_id asc
