with

journeys as (

    select * from {{ ref('int_journeys') }}

),

final as (

    select
        -- keys
        property,
        path,

        -- measures
        count(*) as conversion_count,
        cast(sum(revenue) as decimal(18, 2)) as revenue,
        max(touch_count) as touch_count,
        {{ ratio('sum(seconds_to_convert)', '86400 * count(seconds_to_convert)') }}
            as days_to_convert_mean

    from journeys

    group by property, path

)

select * from final
