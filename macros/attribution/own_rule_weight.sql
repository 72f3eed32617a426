{#
    {{ own_rule_weight({'name': 'u_shaped', 'first': 0.4, 'middle': 0.2, 'last': 0.4}) }}

    What a touch weighs under a rule of the user's own: the weights of the first, the
    middle together and the last touch, halved every `half_life_days` before the end.
    With `exclude_direct`, direct touches stand aside unless there is no other, and the
    others are counted among themselves.
#}
{% macro own_rule_weight(model) -%}
    {%- set is_direct_out = model.get('exclude_direct', false) -%}
    {%- set has_positions = 'first' in model or 'middle' in model or 'last' in model -%}
    {%- set first = model.get('first', 0 if has_positions else 1) -%}
    {%- set middle = model.get('middle', 0 if has_positions else 1) -%}
    {%- set last = model.get('last', 0 if has_positions else 1) -%}
    {%- set number, count, _ = counted_touches(model) -%}
    case
        {%- if is_direct_out %}
        when not is_eligible then 0
        {%- endif %}
        when {{ count }} = 1 then 1
        {%- if has_positions %}
        -- two touches are a first and a last
        when {{ count }} = 2 and {{ number }} = 1 then {{ first }}
        when {{ count }} = 2 then {{ last }}
        -- the middle weight is shared by the touches of the middle
        when {{ number }} = 1 then {{ first }} * ({{ count }} - 2)
        when {{ number }} = {{ count }} then {{ last }} * ({{ count }} - 2)
        else {{ middle }}
        {%- else %}
        else 1
        {%- endif %}
    end
    {%- if 'half_life_days' in model %}
    * {{ time_decay(
        model.half_life_days,
        'eligible_last_touched_at' if is_direct_out else 'last_touched_at',
    ) }}
    {%- endif %}
{%- endmacro %}


{#
    {%- set number, count, step = counted_touches(model) %}

    The columns that say which of its journey's touches a touch is under a model, of how
    many, and by how many that is more than at the touch before: among the eligible ones,
    if the model excludes direct touches.
#}
{% macro counted_touches(model) -%}
    {%- if model.get('exclude_direct', false) -%}
        {%- do return((
            'eligible_number',
            'eligible_count',
            'case when is_eligible then 1 else 0 end',
        )) -%}
    {%- else -%}
        {%- do return(('touch_number', 'touch_count', '1')) -%}
    {%- endif -%}
{%- endmacro %}


{#
    {{ time_decay(7) }}    -- 0.5 for a touch a week before the last

    The part of its weight that a touch keeps, halved every so many days before the
    journey's last touch, or another one.
#}
{% macro time_decay(half_life_days, last_touched_at='last_touched_at') -%}
    power(
        2,
        -{{ seconds_between('touched_at', last_touched_at) }}
        / (86400.0 * {{ half_life_days }})
    )
{%- endmacro %}
