with

touchpoints as (

    select * from {{ ref('int_touchpoints') }}

),

final as (

    select
        -- keys
        property,
        conversion_id,
        session_id,
        touch_number,
        campaign_id,

        -- timestamps
        touched_at,
        touch_date,
        converted_at,

        -- attributes
        channel,
        is_direct,
        is_after_conversion,
        is_other_user,

        -- measures
        touch_count,
        cast(provided_weight as decimal(18, 12)) as provided_weight

    from touchpoints

)

select * from final
