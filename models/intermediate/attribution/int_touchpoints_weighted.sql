{#
    The share of its conversion that the journey has earned up to each touch, under each
    model: 0 before the first touch, 1 at the last. Credits are the steps in between, so
    they add up whatever is rounded.

    Weights become decimals before they are summed: a sum of doubles depends on the
    order in which an engine happens to take them.
#}

with

touchpoints as (

    select * from {{ ref('int_touchpoints') }}

),

counted_conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

{{ touches_weighted(attribution_models()) }},

final as (

    select
        counted_conversions.property,
        counted_conversions.conversion_id,
        shared.{{ all_but([
            'conversion_key', 'session_id', 'campaign_id', 'touch_date', 'channel'
        ]) }}

    from shared

    inner join counted_conversions
        on shared.conversion_key = counted_conversions.conversion_key

)

select * from final
