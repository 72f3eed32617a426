with

conversions as (

    select * from {{ ref('int_backend_conversions_numbered') }}

),

kept as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        cancelled_at,
        cancellation_date,

        -- attributes
        market,
        currency,

        -- measures
        revenue

    from conversions

    where copy_number = 1

)

select * from kept
