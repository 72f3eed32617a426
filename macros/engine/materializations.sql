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
        {{ replace_table(relation, compiled_code) }}
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
    A seed is loaded into a table made from its file's header, as it is the first time.
    dbt keeps the table of the last run, and DuckDB copies into its columns by their
    place: a file whose columns stand in another order would change what they mean.
#}
{% macro duckdb__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- do adapter.drop_relation(old_relation) -%}
    {%- do return(create_csv_table(model, agate_table)) -%}
{%- endmacro %}


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


{#
    {{ replace_table(relation, sql) }}

    Writes a table anew. A model may read what it replaces (last_run).

    Ids that a large model names in its `meta` (`zstd: [session_id, user_id]`) are packed
    by zstd. Left to choose, DuckDB packs them a quarter smaller and takes up to two and a
    half times as long; and it lets a column's packing be chosen only where all columns
    are listed.
#}
{% macro replace_table(relation, sql) -%}
    {%- set ids = model.config.get('meta', {}).get('zstd', []) -%}
    {%- if ids -%}
    {%- set new = make_intermediate_relation(relation) -%}
    create or replace table {{ new }} (
        {%- for column in adapter.get_column_schema_from_query(sql ~ '\n') %}
        {{ adapter.quote(column.name) }} {{ column.dtype }}
        {{- ' using compression zstd' if column.name in ids }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    );
    insert into {{ new }} (
        {{ sql }}
    );
    drop table if exists {{ relation }};
    alter table {{ new }} rename to {{ relation.identifier }}
    {%- else -%}
    create or replace table {{ relation }} as (
        {{ sql }}
    )
    {%- endif -%}
{%- endmacro %}
