with

conversions as (

    select * from {{ ref('int_tracked_conversions_numbered') }}

),

-- rows of one user on one day only repeat the key
duplicates as (

    select
        property,
        conversion_id

    from {{ ref('int_tracked_conversions_numbered') }}

    where copy_count > 1

    group by property, conversion_id

    having
        count(distinct conversion_date) > 1
        or count(distinct user_id) + max(case when user_id is null then 1 else 0 end)
        > 1

),

kept as (

    select
        -- keys
        conversions.property,
        conversions.conversion_id,
        conversions.user_id,

        -- timestamps
        conversions.conversion_date,
        conversions.converted_at_local,
        conversions.converted_at,
        conversions.cancelled_at,
        conversions.cancellation_date,

        -- attributes
        conversions.market,
        conversions.currency,
        duplicates.conversion_id is not null as is_duplicate,

        -- measures
        conversions.revenue

    from conversions

    left join duplicates
        on conversions.property = duplicates.property
        and conversions.conversion_id = duplicates.conversion_id

    where conversions.copy_number = 1

)

select * from kept
