{#
    No layout has events yet.
#}

with

none_known as (

    select
        -- keys
        {{ null_text() }} as property,
        {{ null_text() }} as event_id,

        -- timestamps
        cast(null as timestamp) as event_at,

        -- attributes
        {{ null_text() }} as event_name,
        {{ null_text() }} as event_category,
        {{ null_text() }} as venue,
        {{ null_text() }} as city,
        {{ null_text() }} as country

),

final as (

    select * from none_known

    where property is not null

)

select * from final
