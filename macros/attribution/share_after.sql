{#
    {{ has_closed_form({'name': 'linear'}) }}    -- true

    Whether a model's share after so many touches follows from their number alone, so
    that no weights have to be summed.
#}
{% macro has_closed_form(model) -%}
    {%- do return(model.name in (
        'first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based'
    )) -%}
{%- endmacro %}


{#
    {{ gives_all_to_one({'name': 'last_touch'}) }}    -- true

    Whether a model gives one touch all that a conversion earned, so that no cents have
    to be shared out.
#}
{% macro gives_all_to_one(model) -%}
    {%- do return(model.name in ('first_touch', 'last_touch', 'last_non_direct')) -%}
{%- endmacro %}


{#
    {%- for model in models_without_closed_form(models) %} … {{ model.name }} …

    Those of the given models whose shares are running sums of weights.
#}
{% macro models_without_closed_form(models) -%}
    {%- set weighed = [] -%}
    {%- for model in models if not has_closed_form(model) -%}
        {%- do weighed.append(model) -%}
    {%- endfor -%}
    {%- do return(weighed) -%}
{%- endmacro %}


{#
    {{ share_after({'name': 'linear'}, 'touch_number') }}    -- touch 1 of 3: 0.333333333333

    The part of a conversion that the touches up to one earn under a model of closed
    form, rounded to 12 places; exactly 0 before the first touch and 1 at the last.
#}
{% macro share_after(model, number) -%}
    cast(
        {%- if model.name == 'first_touch' %}
        case when {{ number }} >= 1 then 1 else 0 end
        {%- elif model.name == 'last_touch' %}
        case when {{ number }} >= touch_count then 1 else 0 end
        {%- elif model.name == 'last_non_direct' %}
        case
            when {{ number }} >= coalesce(last_non_direct_number, touch_count) then 1
            else 0
        end
        {%- elif model.name == 'linear' %}
        1e0 * {{ number }} / touch_count
        {%- elif model.name == 'position_based' %}
        case
            when {{ number }} = 0 then 0
            when {{ number }} = touch_count then 1
            when touch_count = 2 then 0.5
            -- the middle shares .2 evenly
            else (2e0 * (touch_count - 2) + {{ number }} - 1) / (5 * (touch_count - 2))
        end
        {%- endif %}
        as decimal(18, 12)
    )
{%- endmacro %}
