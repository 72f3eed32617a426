{#
    The vars that say what the rows of incremental models mean: under another value of
    one, kept rows and new ones would not go together.
#}
{% macro vars_of_meaning() -%}
    {%- do return([
        'lookback_days',
        'session_timeout_minutes',
        'shopify_conversion_id',
        'journey_sources',
        'new_journey_after_conversion',
        'attribution_models',
        'time_decay_half_life_days',
        'credit_revenue',
        'max_exchange_rate_age_days',
        'max_sessions_per_user_day',
    ]) -%}
{%- endmacro %}


{#
    Refuses a run that would build incremental models with other vars than those that
    their rows were made with, until a full refresh.
#}
{% macro check_incremental_vars() -%}
    {%- if is_kept_by_unit() and not flags.FULL_REFRESH -%}
        {%- for name in incremental_models() -%}
            {%- set node = graph.nodes.get('model.tributary.' ~ name) -%}
            {%- if node and node.unique_id in selected_resources -%}
                {%- set comment = comment_of(
                    api.Relation.create(node.database, node.schema, node.alias)
                ) -%}
                {%- do check_vars_of_table(comment) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{% macro check_vars_of_table(comment) -%}
    {%- set made_by = fromjson(comment or '{}', {}) -%}
    {%- for name, value in (made_by.get('vars') or {}).items() -%}
        {%- if
            name in vars_of_meaning()
            and tojson(var(name), sort_keys=true) != tojson(value, sort_keys=true)
        -%}
            {%- do refuse_var(
                name,
                var(name),
                'is not what the rows that are kept were made with (' ~ value
                ~ '): build with --full-refresh (make build FULL=1)'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
