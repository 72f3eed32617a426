with

conversions as (

    select * from {{ ref('int_tracked_conversions_numbered') }}

),

kept as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        converted_at_local,
        converted_at,
        cancelled_at,
        cancellation_date,

        -- attributes
        market,
        currency,
        copy_count > 1 as is_duplicate,

        -- measures
        revenue

    from conversions

    where copy_number = 1

)

select * from kept
