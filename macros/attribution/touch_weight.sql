{#
    {{ touch_weight({'name': 'time_decay'}) }} as time_decay_weight    -- 0.5

    What a touch weighs in its journey under a model that has no closed form
    (macro share_after), 0 or more. Only the proportions within a journey matter. Reads
    the columns that touches_weighted describes a touch by.
#}
{% macro touch_weight(model) -%}
    {%- if model.name == 'time_decay' -%}
        {{ time_decay(var('time_decay_half_life_days')) }}
    {%- elif model.name == 'provided' -%}
        coalesce(provided_weight, 0)
    {%- elif model.name == 'markov' -%}
        -- each channel earns its removal effect, however often it was touched
        cast(coalesce(removal_effect, 0) as double) / channel_touch_count
    {%- elif model.name == 'shapley' -%}
        -- each channel earns the same, however often it was touched
        1e0 / channel_touch_count
    {%- else -%}
        {{ own_rule_weight(model) }}
    {%- endif -%}
{%- endmacro %}


{#
    cast({{ weight_parts(model) }} * … as {{ parts_type(model) }})    -- 1e14, decimal(18, 0)

    Weights are summed as whole numbers, of so many parts to 1: a sum of doubles depends
    on its order, and DuckDB takes 40 times as long to turn a wide decimal with places
    into a double. The narrowest that holds a model's weights and their sums to the 12
    places of a share; removal effects, provided weights and rules of one's own may be of
    any size, and stay wide.
#}
{% macro weight_parts(model) -%}
    {{ {'time_decay': '1e13', 'shapley': '1e14'}.get(model.name, '1e18') }}
{%- endmacro %}

{% macro parts_type(model) -%}
    decimal({{ 18 if model.name in ('time_decay', 'shapley') else 38 }}, 0)
{%- endmacro %}
