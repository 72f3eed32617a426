-- How many days does it take to sell?
--
-- One row per property and category, `(all)` together first, then by sales. Days run
-- from submission to sale. timed_count leaves out what was sold without being
-- submitted, or before. What is not sold yet is in none of these: an export that
-- ends early shows the quick sales alone.

with

listings as (

    select
        *,
        coalesce(category, '(unknown)') as known_category
    from {{ ref('fct_listings') }}
    where sold_at is not null

),

final as (

    select
        -- keys
        property,
        coalesce(known_category, '(all)') as category,

        -- measures
        count(*) as sold_count,
        count(days_to_sell) as timed_count,
        {{ ratio('sum(days_to_sell)', 'count(days_to_sell)') }} as mean_days,
        round(cast(median(days_to_sell) as double), 9) as median_days,
        round(cast(min(days_to_sell) as double), 9) as least_days,
        round(cast(max(days_to_sell) as double), 9) as most_days,
        {{ ratio(
            'count(case when days_to_sell <= 7 then 1 end)', 'count(days_to_sell)'
        ) }} as sold_within_7_days_share

    from listings

    group by property, rollup(known_category)

)

select * from final
order by
    property asc,
    case when category = '(all)' then 0 else 1 end asc,
    sold_count desc,
    category asc
