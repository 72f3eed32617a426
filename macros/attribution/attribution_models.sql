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


{#
    {{ rule_models() }}      -- all but Markov: what a conversion's own touches decide
    {{ markov_models() }}    -- Markov, if it is asked for: what all journeys decide
#}
{% macro rule_models() -%}
    {%- do return(attribution_models() | rejectattr('name', 'equalto', 'markov') | list) -%}
{%- endmacro %}

{% macro markov_models() -%}
    {%- do return(attribution_models() | selectattr('name', 'equalto', 'markov') | list) -%}
{%- endmacro %}


{#
    where {{ are_channels_counted() }}    -- true

    Whether a model shares by how often a journey touched a channel.
#}
{% macro are_channels_counted() -%}
    {%- set names = attribution_model_names() -%}
    {%- do return('markov' in names or 'shapley' in names) -%}
{%- endmacro %}


{#
    {%- for relation, names in credit_tables() %} … {{ ref(relation) }} …

    The tables of credits that have any, and the models in each.
#}
{% macro credit_tables() -%}
    {%- set tables = [] -%}
    {%- for name, models in [
        ('int_touchpoints_credited', rule_models()),
        ('int_touchpoints_credited_by_markov', markov_models()),
    ] if models -%}
        {%- do tables.append((name, models | map(attribute='name') | list)) -%}
    {%- endfor -%}
    {%- do return(tables) -%}
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
