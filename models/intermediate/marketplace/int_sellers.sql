with

sellers as (

    select
        -- keys
        property,
        seller_id,

        -- timestamps
        seller_since,

        -- attributes
        region

    from {{ ref('stg_vivid_seats__sellers') }}

)

select * from sellers
