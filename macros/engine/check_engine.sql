{#
    {%- do check_engine() -%}

    Refuses what an engine cannot do, in one line, before anything is built. DuckDB can
    do all of it.
#}
{% macro check_engine() -%}
    {{ return(adapter.dispatch('check_engine', 'tributary')()) }}
{%- endmacro %}

{% macro default__check_engine() -%}
{%- endmacro %}

{% macro spark__check_engine() -%}
    {%- set core = nodes_of_core() -%}
    {%- set others = [] -%}
    {%- for node_id in selected_resources if node_id.startswith('model.') -%}
        {%- if node_id not in core -%}
            {%- do others.append(node_id.split('.')[-1]) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if others -%}
        {%- do exceptions.raise_compiler_error(
            others | sort | first
            ~ (' and ' ~ (others | length - 1) ~ ' more models are' if others[1:] else ' is')
            ~ ' not of the core, which alone is built on Spark: leave --select out, '
            ~ 'or build on DuckDB.'
        ) -%}
    {%- endif -%}
    {#- all refuse what cannot be read -#}
    {%- set tables = delivered_tables() if var('raw') else [] -%}
    {%- for table in tables -%}
        {%- do parquet_columns(table) -%}
    {%- endfor -%}
    {%- do refuse_rival_claims(tables) -%}
{%- endmacro %}


{#
    {{ nodes_of_core() }}    -- {'model.tributary.fct_sessions': true, …}

    What is tagged core, and all that it stands on.
#}
{% macro nodes_of_core() -%}
    {%- set core = {} -%}
    {%- set waiting = [] -%}
    {%- for node in graph.nodes.values() if 'core' in node.tags -%}
        {%- do waiting.append(node.unique_id) -%}
    {%- endfor -%}
    {#- a list that grows while it is walked -#}
    {%- for node_id in waiting if node_id not in core -%}
        {%- do core.update({node_id: true}) -%}
        {%- do waiting.extend(graph.nodes.get(node_id, {}).get('depends_on', {}).get('nodes', [])) -%}
    {%- endfor -%}
    {%- do return(core) -%}
{%- endmacro %}
