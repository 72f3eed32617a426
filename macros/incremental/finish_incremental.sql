{#
    on-run-end: ["{{ finish_incremental(results) }}"]

    What has changed counts as done when every model that keeps its rows was built in
    this run. A run that failed, was killed or built a part of them leaves its changes
    to the next.
#}
{% macro finish_incremental(results) -%}
    {%- if execute and is_kept_by_unit() -%}
        {%- set built = [] -%}
        {%- for result in results if result.status == 'success' -%}
            {%- do built.append(result.node.name) -%}
        {%- endfor -%}
        {%- set undone = [] -%}
        {%- for name, unit in incremental_models().items() -%}
            {%- if name not in built or unit.state not in built -%}
                {%- do undone.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if not undone -%}
            {%- set states = states_of_units() -%}
            {%- for result in results if result.node.name in states -%}
                {%- do finish_state(result.node.relation_name) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{% macro finish_state(relation) -%}
    {%- do run_query('delete from ' ~ relation ~ ' where fingerprint is null') -%}
    {%- do run_query('update ' ~ relation ~ ' set is_changed = false where is_changed') -%}
{%- endmacro %}


{#
    {{ states_of_units() }}    -- ['stg_raw__parts', 'int_users_compared', …]
#}
{% macro states_of_units() -%}
    {%- set names = [] -%}
    {%- for unit in incremental_models().values() -%}
        {%- do names.append(unit.state) -%}
    {%- endfor -%}
    {%- do return(names | unique | list) -%}
{%- endmacro %}
