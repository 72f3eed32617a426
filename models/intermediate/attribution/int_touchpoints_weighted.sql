{#
    The share of its conversion that the journey has earned up to each touch, under each
    model: 0 before the first touch, 1 at the last. Credits are the steps in between, so
    they add up whatever is rounded.

    Weights become decimals before they are summed: a sum of doubles depends on the
    order in which an engine happens to take them.
#}

-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

touchpoints as (

    select * from {{ ref('int_touchpoints') }}

),

counted_conversions as (

    select
        property,
        conversion_id
    from {{ ref('int_conversions') }}
    where is_counted

),

journeys_described as (

    select
        touchpoints.*,
        max(touchpoints.touched_at) over journey as last_touched_at,
        max(case when not touchpoints.is_direct then touchpoints.touch_number end)
            over journey as last_non_direct_number

    from touchpoints

    inner join counted_conversions
        on touchpoints.property = counted_conversions.property
        and touchpoints.conversion_id = counted_conversions.conversion_id

    window journey as (
        partition by touchpoints.property, touchpoints.conversion_id
    )

),

weighted as (

    select
        property,
        conversion_id,
        session_id,
        touch_number,
        touch_count,
        {%- for model in var('attribution_models') %}
        cast({{ touch_weight(model) }} as decimal(38, 18)) as {{ model }}_weight
        {{- ',' if not loop.last }}
        {%- endfor %}

    from journeys_described

),

summed as (

    select
        property,
        conversion_id,
        session_id,
        touch_number,
        touch_count,
        {%- for model in var('attribution_models') %}
        {{ model }}_weight,
        sum({{ model }}_weight) over journey_so_far as {{ model }}_running,
        sum({{ model }}_weight) over journey as {{ model }}_total
        {{- ',' if not loop.last }}
        {%- endfor %}

    from weighted

    window
        journey as (partition by property, conversion_id),
        journey_so_far as (
            partition by property, conversion_id
            order by touch_number
            rows unbounded preceding
        )

),

-- weights that sum to 0 say nothing: the journey is shared evenly
shared as (

    select
        property,
        conversion_id,
        session_id,
        touch_number,
        {%- for model in var('attribution_models') %}
        {{ share_so_far(
            model ~ '_running', model ~ '_total', 'touch_number', 'touch_count'
        ) }} as {{ model }}_share_so_far,
        {{ share_so_far(
            model ~ '_running - ' ~ model ~ '_weight',
            model ~ '_total',
            'touch_number - 1',
            'touch_count',
        ) }} as {{ model }}_share_before
        {{- ',' if not loop.last }}
        {%- endfor %}

    from summed

)

select * from shared
