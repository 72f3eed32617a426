{#
    No layout has sales of listings yet.
#}

with

none_known as (

    select
        -- keys
        {{ null_text() }} as property,
        {{ null_text() }} as sale_id,
        {{ null_text() }} as event_id,
        {{ null_text() }} as listing_id,
        {{ null_text() }} as visitor_id,

        -- timestamps
        cast(null as timestamp) as sold_at,
        cast(null as date) as user_since,

        -- attributes
        {{ null_text() }} as payment_method,
        cast(null as boolean) as is_promo_used,
        cast(null as boolean) as is_first_signup,
        {{ null_text() }} as country,
        {{ null_text() }} as city,
        {{ null_text() }} as contact_hash,

        -- measures
        cast(null as bigint) as quantity,
        cast(null as decimal(18, 2)) as unit_price,
        cast(null as decimal(18, 2)) as revenue

),

final as (

    select * from none_known

    where property is not null

)

select * from final
