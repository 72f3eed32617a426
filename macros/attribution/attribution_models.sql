{#
    {%- for model in attribution_models() %} … {{ model.name }} …

    The models of var `attribution_models`, each as a mapping with its `name`; a rule of
    the user's own also has its `first`, `middle`, `last`, `half_life_days` and
    `exclude_direct`.
#}
{% macro attribution_models() -%}
    {%- set models = [] -%}
    {%- for entry in var('attribution_models') -%}
        {%- do models.append(entry if entry is mapping else {'name': entry}) -%}
    {%- endfor -%}
    {%- do return(models) -%}
{%- endmacro %}


{#
    {{ attribution_model_names() }}    -- ['first_touch', 'linear', 'u_shaped']
#}
{% macro attribution_model_names() -%}
    {%- do return(attribution_models() | map(attribute='name') | list) -%}
{%- endmacro %}


{% macro known_attribution_models() -%}
    {%- do return([
        'first_touch',
        'last_touch',
        'last_non_direct',
        'linear',
        'position_based',
        'time_decay',
        'provided',
        'markov',
        'shapley',
    ]) -%}
{%- endmacro %}
