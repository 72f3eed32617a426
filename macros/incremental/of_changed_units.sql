{#
    select * from {{ ref('int_sessions_counted') }}
    {{ of_changed_units() }}                  -- where …
    where is_refund is not true {{ of_changed_units('and') }}
    select * from {{ raw_texts('vestiaire', 'clicks', where=of_changed_units()) }}

    Restricts the input of a model of incremental_models() to the units that have changed
    since the last run. Nothing in a unit test, and nothing where an engine builds all.
    The marks let the model's materialization take the condition out for a full build.
#}
{% macro of_changed_units(word='where') -%}
    {%- if model.resource_type == 'model' and is_kept_by_unit() -%}
    {%- set unit = incremental_models()[model.name] -%}
    {%- if 'value' in unit -%}
    /* changed units: */ {{ word }} {{ came_in_changed_part(unit) }} /* no others */
    {%- else -%}
    /* changed units: */ {{ word }} {{ is_in_changed_unit(unit, unit.key) }} /* no others */
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#
    {{ without_changed_units(sql) }}    -- the SQL of a model, for all units
#}
{% macro without_changed_units(sql) -%}
    {%- do return(
        modules.re.sub('(?s)/[*] changed units: [*]/.*?/[*] no others [*]/', '', sql)
    ) -%}
{%- endmacro %}


{#
    {{ is_in_changed_unit(unit, unit.key) }}

    Whether a row is in a unit that has changed, come or gone since the last run. Where
    a run has ended, no model can be referred to: there its state is a relation's name.
#}
{% macro is_in_changed_unit(unit, key, state=none) -%}
    ({{ key | join(', ') }}) in (
        select {{ unit.unit | join(', ') }}
        from {{ state or ref(unit.state) }}
        where is_changed
        {%- if 'of' in unit %} and {{ unit.of }}{% endif %}
    )
{%- endmacro %}


{#
    {{ came_in_changed_part(unit) }}

    Whether a raw row is in a part that has changed, told by the value as it came, which
    is not read as a day for each row. A few such values are named, too, so that no more
    is read of a Parquet file than their rows.
#}
{% macro came_in_changed_part(unit) -%}
    {%- set changed -%}
    select property, {{ rows_of_list('raw_values') }}
    from {{ ref(unit.state) }}
    where is_changed and {{ unit.of }}
    {%- endset -%}
    {%- set values = few_values(changed) -%}
    {%- if values -%}
    {{ unit.value }} in ({{ values | join(', ') }})
    and {% endif -%}
    (property, {{ unit.value }}) in (
        {{ changed }}
    )
{%- endmacro %}


{#
    {{ few_values(query) }}    -- ["'2023-06-01'", "'2023-06-02'"]

    The texts in the second column of a query over what this run has built, as literals;
    none where there are more than a hundred, and where nothing is being built.
#}
{% macro few_values(query) -%}
    {%- set found = [] -%}
    {%- if execute and model.resource_type == 'model' and flags.WHICH in ['build', 'run'] -%}
        {%- set values = run_query(
            'select distinct value from (' ~ query ~ ') as named (property, value) '
            ~ 'order by value limit 101'
        ).columns[0].values() -%}
        {%- if values | length <= 100 -%}
            {%- for value in values -%}
                {%- do found.append("'" ~ value | replace("'", "''") ~ "'") -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endif -%}
    {%- do return(found) -%}
{%- endmacro %}


{#
    select * from changed_rows
    {{ with_rows_in_reach('changed_rows') }}

    Adds the raw rows of other parts that must be judged together with a row of a changed
    part, or that were before. Which those are is looked up among the rows that are kept:
    where there are none, DuckDB does not read the raw table again. The relation holds
    the raw rows of changed parts.
#}
{% macro with_rows_in_reach(relation) -%}
    {%- if model.resource_type == 'model' and is_kept_by_unit() -%}
    {%- set unit = incremental_models()[model.name] -%}
    {%- set of_others -%}
    where
        (property, {{ text(adapter.quote(unit.reach)) }}) in (
            select property, {{ unit.reach }}
            from {{ this }}
            where
                (property, {{ unit.reach }}) in (
                    select property, {{ unit.reach }} from {{ relation }}
                    union all
                    select property, {{ unit.reach }}
                    from {{ this }}
                    where {{ is_in_changed_unit(unit, unit.own_key) }}
                )
                and not {{ is_in_changed_unit(unit, unit.own_key) }}
        )
        and not ({{ came_in_changed_part(unit) }})
    {%- endset -%}
    /* changed units: */
    union all
    select * from {{ raw_texts(unit.source[0], unit.source[1], where=of_others) }}
    /* no others */
    {%- endif -%}
{%- endmacro %}
