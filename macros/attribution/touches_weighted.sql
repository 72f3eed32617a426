{#
    with

    touchpoints as (…),

    {{ touches_weighted(attribution_models()) }}

    select * from shared

    The steps from touches to the share of its conversion that a journey has earned up
    to each, under each of the given models; of those without a closed form also the
    weight of the touch, which only `make explain` reads. The view of all models
    (int_touchpoints_weighted) and the tables of credits stand on the same steps.
#}
{% macro touches_weighted(models) -%}
{%- set names = models | map(attribute='name') | list -%}
{%- set weighed_models = models_without_closed_form(models) -%}
{%- set is_direct_excluded = models | selectattr('exclude_direct', 'defined') | list -%}
{%- set described_touches = 'eligible_described' if is_direct_excluded else 'described' -%}
{%- set weighed_touches = 'effects_described' if 'markov' in names else described_touches -%}
-- what decides the shares, and what is said of a touch: windows copy and sort all that is
-- here, and the rest is joined by its conversion
described as (

    select
        property,
        conversion_key,
        session_id,
        campaign_id,
        touch_number,
        touch_count,
        channel_touch_count,
        touch_date,
        channel,
        touched_at,
        last_touched_at,
        is_direct,
        provided_weight

    from touchpoints

),

{% if is_direct_excluded -%}
others_counted as (

    select
        *,
        sum(case when is_direct then 0 else 1 end) over journey as other_count,
        sum(case when is_direct then 0 else 1 end) over journey_so_far as other_number,
        max(case when not is_direct then touched_at end) over journey
            as other_last_touched_at

    from described

    window
        journey as (partition by conversion_key),
        journey_so_far as (
            partition by conversion_key
            order by touch_number
            rows unbounded preceding
        )

),

-- rules that exclude direct touches do so unless there is no other
eligible_described as (

    select
        *,
        not is_direct or other_count = 0 as is_eligible,
        case when other_count = 0 then touch_number else other_number end
            as eligible_number,
        case when other_count = 0 then touch_count else other_count end
            as eligible_count,
        coalesce(other_last_touched_at, last_touched_at) as eligible_last_touched_at

    from others_counted

),

{% endif -%}

{% if 'markov' in names -%}
removal_effects as (

    select * from {{ ref('int_markov_removal_effects') }}
    where left_out_group is null

),

effects_described as (

    select
        touches.*,
        removal_effects.removal_effect

    from {{ described_touches }} as touches

    left join removal_effects
        on touches.property = removal_effects.property
        and touches.channel = removal_effects.channel

),

{% endif -%}

weighted as (

    select
        *
        {%- for model in weighed_models %},
        cast({{ weight_parts(model) }} * ({{ touch_weight(model) }}) as {{ parts_type(model) }})
            as {{ model.name }}_parts
        {%- endfor %}

    from {{ weighed_touches }}

),

-- what is in proportion to the place of a touch needs no sum
summed as (

    select
        *
        {%- if 'last_non_direct' in names %},
        max(case when not is_direct then touch_number end) over journey
            as last_non_direct_number
        {%- endif %}
        {%- for model in weighed_models %},
        cast(
            sum({{ model.name }}_parts) over journey_so_far as {{ parts_type(model) }}
        ) as {{ model.name }}_running,
        cast(sum({{ model.name }}_parts) over journey as {{ parts_type(model) }})
            as {{ model.name }}_total
        {%- endfor %}

    from weighted

    {%- if weighed_models or 'last_non_direct' in names %}

    window
        journey as (partition by conversion_key),
        journey_so_far as (
            partition by conversion_key
            order by touch_number
            rows unbounded preceding
        )
    {%- endif %}

),

-- weights that sum to 0 say nothing: the journey is shared evenly, by the touches that
-- may have a share
shared as (

    select
        conversion_key,
        session_id,
        campaign_id,
        touch_number,
        touch_date,
        channel
        {%- for model in models %},
        {%- if has_closed_form(model) %}
        {{ share_after(model, 'touch_number') }} as {{ model.name }}_share_so_far,
        {{ share_after(model, '(touch_number - 1)') }}
            as {{ model.name }}_share_before
        {%- else %}
        cast(cast({{ model.name }}_parts as double) / {{ weight_parts(model) }} as decimal(38, 18))
            as {{ model.name }}_model_weight,
        {%- set number, count, step = counted_touches(model) %}
        {{ share_so_far(
            model.name ~ '_running', model.name ~ '_total', number, count
        ) }} as {{ model.name }}_share_so_far,
        {{ share_so_far(
            model.name ~ '_running - ' ~ model.name ~ '_parts',
            model.name ~ '_total',
            number ~ ' - ' ~ step,
            count,
        ) }} as {{ model.name }}_share_before
        {%- endif %}
        {%- endfor %}

    from summed

)
{%- endmacro %}
