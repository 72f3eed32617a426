{#
    The share of its conversion that the journey has earned up to each touch, under each
    model: 0 before the first touch, 1 at the last. Credits are the steps in between, so
    they add up whatever is rounded.

    Weights become decimals before they are summed: a sum of doubles depends on the
    order in which an engine happens to take them.
#}

{% set models = attribution_models() %}
{% set names = attribution_model_names() %}

-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02,LT05
with

touchpoints as (

    select * from {{ ref('int_touchpoints') }}

),

counted_conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

{% if 'markov' in names -%}
removal_effects as (

    select * from {{ ref('int_markov_removal_effects') }}
    where left_out_group is null

),

{% endif -%}

journeys_described as (

    select
        touchpoints.property,
        touchpoints.conversion_id,
        touchpoints.session_id,
        touchpoints.touch_number,
        touchpoints.touch_count,
        touchpoints.channel,
        touchpoints.campaign_id,
        touchpoints.touched_at,
        touchpoints.touch_date,
        touchpoints.is_direct,
        touchpoints.provided_weight,
        counted_conversions.conversion_date,
        counted_conversions.market,
        counted_conversions.user_group,
        counted_conversions.revenue,
        max(touchpoints.touched_at) over journey as last_touched_at,
        max(case when not touchpoints.is_direct then touchpoints.touch_number end)
            over journey as last_non_direct_number,
        sum(case when touchpoints.is_direct then 0 else 1 end) over journey
            as non_direct_count,
        sum(case when touchpoints.is_direct then 0 else 1 end) over journey_so_far
            as non_direct_number

    from touchpoints

    inner join counted_conversions
        on touchpoints.property = counted_conversions.property
        and touchpoints.conversion_id = counted_conversions.conversion_id

    window
        journey as (partition by touchpoints.property, touchpoints.conversion_id),
        journey_so_far as (
            partition by touchpoints.property, touchpoints.conversion_id
            order by touchpoints.touch_number
            rows unbounded preceding
        )

),

-- rules that exclude direct touches do so unless there is no other
eligible_described as (

    select
        *,
        not is_direct or non_direct_count = 0 as is_eligible,
        case when non_direct_count = 0 then touch_number else non_direct_number end
            as eligible_number,
        case when non_direct_count = 0 then touch_count else non_direct_count end
            as eligible_count

    from journeys_described

),

channels_described as (

    select
        eligible_described.*
        {%- if 'markov' in names %},
        removal_effects.removal_effect
        {%- endif %}
        {%- if 'markov' in names or 'shapley' in names %},
        count(*) over (
            partition by
                eligible_described.property,
                eligible_described.conversion_id,
                eligible_described.channel
        ) as channel_touch_count
        {%- endif %}

    from eligible_described

    {%- if 'markov' in names %}

    left join removal_effects
        on eligible_described.property = removal_effects.property
        and eligible_described.channel = removal_effects.channel
    {%- endif %}

),

weighted as (

    select
        *,
        {%- for model in models %}
        cast({{ touch_weight(model) }} as {{ weight_type(model) }})
            as {{ model.name }}_model_weight
        {{- ',' if not loop.last }}
        {%- endfor %}

    from channels_described

),

summed as (

    select
        *,
        {%- for model in models %}
        cast(
            sum({{ model.name }}_model_weight) over journey_so_far
            as {{ weight_type(model) }}
        ) as {{ model.name }}_running,
        cast(
            sum({{ model.name }}_model_weight) over journey as {{ weight_type(model) }}
        ) as {{ model.name }}_total
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
        -- keys
        property,
        conversion_id,
        touch_number,
        session_id,
        campaign_id,
        user_group,

        -- timestamps
        touch_date,
        conversion_date,

        -- attributes
        channel,
        market,

        -- measures
        revenue,
        {%- for name in names %}
        {{ name }}_model_weight,
        {{ share_so_far(
            name ~ '_running', name ~ '_total', 'touch_number', 'touch_count'
        ) }} as {{ name }}_share_so_far,
        {{ share_so_far(
            name ~ '_running - ' ~ name ~ '_model_weight',
            name ~ '_total',
            'touch_number - 1',
            'touch_count',
        ) }} as {{ name }}_share_before
        {{- ',' if not loop.last }}
        {%- endfor %}

    from summed

)

select * from shared
