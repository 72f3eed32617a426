{#
    materialized: table
    materialized: view

    The new takes the place of the last one in one transaction, so that a failure leaves
    the last one. dbt-duckdb builds beside it, renames and drops, for the sake of indexes,
    grants and foreign keys. There are none here.
#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- do before_built(relation) -%}
    {%- call statement('main', language=model.language) -%}
        {%- if model.language == 'python' -%}
        {{ create_table_as(False, relation, compiled_code, 'python') }}
        {%- elif config.get('contract').enforced %}
        drop table if exists {{ relation }};
        {{ create_table_as(False, relation, compiled_code) }}
        {%- else %}
        {#- a model may read what it replaces (last_run) #}
        create or replace table {{ relation }} as (
            {{ compiled_code }}
        )
        {%- endif %}
    {%- endcall -%}
    {%- do after_built(relation) -%}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization %}


{% materialization view, adapter='duckdb' -%}
    {%- set relation = this.incorporate(type='view') -%}
    {%- do before_built(relation) -%}
    {%- call statement('main') %}
        drop view if exists {{ relation }};
        {{ create_view_as(relation, compiled_code) }}
    {%- endcall -%}
    {%- do after_built(relation) -%}
    {{ return({'relations': [relation]}) }}
{%- endmaterialization %}


{#
    Frees the name where the statement that builds cannot: from a relation of the other
    kind, and for what is written in Python, on a connection of its own.
#}
{% macro before_built(relation) -%}
    {%- set last = load_cached_relation(this) -%}
    {%- do run_hooks(pre_hooks, inside_transaction=False) -%}
    {%- do run_hooks(pre_hooks, inside_transaction=True) -%}
    {%- if last and (last.type != relation.type or model.language == 'python') -%}
        {%- do adapter.drop_relation(last) -%}
    {%- endif -%}
{%- endmacro %}


{% macro after_built(relation) -%}
    {%- do run_hooks(post_hooks, inside_transaction=True) -%}
    {%- do persist_docs(relation, model) -%}
    {%- do adapter.commit() -%}
    {%- do run_hooks(post_hooks, inside_transaction=False) -%}
{%- endmacro %}
