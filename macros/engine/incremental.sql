{#
    Whether an engine keeps what has not changed. Others build all of it each time, and
    have no need of the materialization.
#}
{% macro is_kept_by_unit() -%}
    {{ return(adapter.dispatch('is_kept_by_unit', 'tributary')()) }}
{%- endmacro %}

{% macro default__is_kept_by_unit() -%}
    {%- do return(true) -%}
{%- endmacro %}

{% macro spark__is_kept_by_unit() -%}
    {%- do return(false) -%}
{%- endmacro %}


{#
    {{ row_types('sessions') }}    -- 'STRUCT(session_id VARCHAR, cpc DECIMAL(18,2))'

    The types of a relation's columns, the words of an enum among them.
#}
{% macro row_types(relation) -%}
    {{ return(adapter.dispatch('row_types', 'tributary')(relation)) }}
{%- endmacro %}

{% macro default__row_types(relation) -%}
    typeof({{ relation }})
{%- endmacro %}


{#
    materialized: incremental

    Rows of units that have changed (of_changed_units) are built anew, those of units
    that have gone are deleted, the others stay as they are. Everything is built where
    the table is not there, where another SQL has made it, where no unit is known to be
    as it was, and in a full refresh. What has made it is told by the table's comment:
    made_by().
#}
{% materialization incremental, adapter='duckdb' -%}
    {%- set unit = incremental_models()[model.name] -%}
    {%- set state = graph.nodes['model.tributary.' ~ unit.state].relation_name -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set new = make_temp_relation(target_relation).include(
        database=false, schema=false
    ) -%}
    {%- set whole_sql = without_changed_units(sql) -%}
    {%- set made_by = made_by(whole_sql) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if is_whole(existing, unit, state, made_by) %}
        {%- if existing is not none and not existing.is_table -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
        {% call statement('main') -%}
            {{ replace_table(target_relation, whole_sql) }}
        {%- endcall %}
        {#- what reads it knows the changed units by the same state -#}
        {%- if 'of' not in unit -%}
            {%- do run_query('update ' ~ state ~ ' set is_changed = true') -%}
        {%- endif -%}
    {%- else %}
        {#- what finds the few rows to look at runs once -#}
        {%- set sql = sql | replace('not materialized /* if whole */', 'materialized') -%}
        {#- what looks at its own rows is read before any of them is deleted -#}
        {%- if 'reach' in unit -%}
            {%- do run_query(create_table_as(True, new, sql)) -%}
        {%- endif -%}
        {%- set own_key = unit.get('own_key', unit.key) -%}
        {% call statement('main') -%}
            delete from {{ target_relation }}
            where {{ is_in_changed_unit(unit, own_key) }};
            {%- if 'reach' in unit %}
            delete from {{ target_relation }}
            where (property, {{ unit.reach }}) in (
                select property, {{ unit.reach }} from {{ new }}
            );
            {%- endif %}
            insert into {{ target_relation }} by name
            {%- if 'reach' in unit %}
            select * from {{ new }};
            {%- else %}
            select * from ({{ sql }});
            {%- endif %}
        {%- endcall %}
        {%- if 'reach' in unit -%}
            {%- do run_query('drop table ' ~ new) -%}
        {%- endif -%}
    {%- endif %}
    {%- do run_query(
        'comment on table ' ~ target_relation ~ " is '"
        ~ made_by | replace("'", "''") ~ "'"
    ) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}


{# whether a model has to be built as a whole #}
{% macro is_whole(existing, unit, state, made_by) -%}
    {%- if should_full_refresh() or existing is none or not existing.is_table -%}
        {%- do return(true) -%}
    {%- endif -%}
    {%- if comment_of(this) != made_by -%}
        {%- do return(true) -%}
    {%- endif -%}
    {%- set condition = ' and ' ~ unit.of if 'of' in unit else '' -%}
    {%- set unchanged = run_query(
        'select 1 from ' ~ state ~ ' where not is_changed' ~ condition ~ ' limit 1'
    ) -%}
    {%- do return(not unchanged.rows) -%}
{%- endmacro %}


{#
    {{ made_by(sql) }}    -- {"sql": "0cc1…", "vars": {"lookback_days": 90, …}}

    What has made a table: a hash of its SQL for all units, and the vars that say what
    its rows mean.
#}
{% macro made_by(sql) -%}
    {%- set vars = {} -%}
    {%- for name in vars_of_meaning() -%}
        {%- do vars.update({name: var(name)}) -%}
    {%- endfor -%}
    {%- do return(tojson({'sql': local_md5(sql), 'vars': vars}, sort_keys=true)) -%}
{%- endmacro %}


{# the comment of a table; none where there is none #}
{% macro comment_of(relation) -%}
    {%- set found = run_query(
        "select comment from duckdb_tables() where database_name = '"
        ~ relation.database ~ "' and schema_name = '" ~ relation.schema
        ~ "' and table_name = '" ~ relation.identifier ~ "'"
    ) -%}
    {%- do return(found.rows[0][0] if found.rows else none) -%}
{%- endmacro %}
