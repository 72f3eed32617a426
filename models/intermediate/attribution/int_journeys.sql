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
        conversion_key,
        {{ ordered_list('channel', 'touch_number') }} as channels,
        count(*) as touch_count,
        min(touched_at) as first_touched_at

    from touchpoints

    group by conversion_key

),

final as (

    select
        -- keys
        conversions.property,
        conversions.conversion_id,
        conversions.user_group,

        -- attributes
        coalesce(
            {{ list_as_text('paths.channels', "' > '") }}, '(no touchpoint)'
        ) as path,
        paths.channels,

        -- measures
        coalesce(paths.touch_count, 0) as touch_count,
        cast(
            {{ seconds_between('paths.first_touched_at', 'conversions.converted_at') }}
            as decimal(18, 6)
        ) as seconds_to_convert,
        {{ credit_revenue('conversions.') }} as revenue

    from conversions

    left join paths
        on conversions.conversion_key = paths.conversion_key

)

select * from final
