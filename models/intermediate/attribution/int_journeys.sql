{#
    Each counted conversion's journey as a whole: its path, the channels in it, how long
    it took.
#}

with

touchpoints as (

    select * from {{ ref('int_touchpoints') }}

),

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

paths as (

    select
        property,
        conversion_id,
        {{ joined_text('channel', ' > ', 'touch_number') }} as path,
        {{ joined_distinct_text('channel') }} as channel_set,
        count(*) as touch_count,
        min(touched_at) as first_touched_at

    from touchpoints

    group by property, conversion_id

),

final as (

    select
        -- keys
        conversions.property,
        conversions.conversion_id,
        conversions.user_group,

        -- attributes
        coalesce(paths.path, '(no touchpoint)') as path,
        paths.channel_set,

        -- measures
        coalesce(paths.touch_count, 0) as touch_count,
        {{ seconds_between('paths.first_touched_at', 'conversions.converted_at') }}
        / 86400.0 as days_to_convert,
        conversions.revenue

    from conversions

    left join paths
        on conversions.property = paths.property
        and conversions.conversion_id = paths.conversion_id

)

select * from final
