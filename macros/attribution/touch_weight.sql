{#
    {{ touch_weight({'name': 'time_decay'}) }} as time_decay_weight    -- 0.5

    What a touch weighs in its journey under a model that has no closed form
    (macro share_after), 0 or more. Only the proportions within a journey matter. Reads
    the columns of int_touchpoints_weighted's step `channels_described`.
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
    cast(… as {{ weight_type({'name': 'shapley'}) }})    -- decimal(18, 14)

    The narrowest decimal that holds a model's weights and their sums to the 12 places of
    a share: DuckDB takes 30 times as long to turn a wide one into a double. Removal
    effects, provided weights and rules of one's own may be of any size, and stay wide.
#}
{% macro weight_type(model) -%}
    {%- if model.name == 'time_decay' -%}
        decimal(18, 13)
    {%- elif model.name == 'shapley' -%}
        decimal(18, 14)
    {%- else -%}
        decimal(38, 18)
    {%- endif -%}
{%- endmacro %}
