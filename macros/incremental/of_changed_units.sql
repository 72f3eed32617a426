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
    /* changed units: */ {{ word }} {{ is_in_reach(model.name, this) }} /* no others */
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
    {{ is_in_reach('int_sessions', this) }}

    Whether an input row of a model has to be looked at: it is in a changed unit, or it
    must be judged together with one that is, or was. The relation holds the model's rows
    of the last run.
#}
{% macro is_in_reach(name, last_rows) -%}
    {%- set unit = incremental_models()[name] -%}
    {%- if 'reach' not in unit -%}
    {{ is_in_changed_unit(unit, unit.key) }}
    {%- else -%}
    {#- parts are told in a step of their own: in a join each would be told thrice #}
    ({{ unit.key | join(', ') }}) in (
        select property, reach
        from (
            select
                property,
                {{ part_text(unit.reach) }} as reach,
                {{ unit.part }} as part
            from {{ raw_texts(unit.source[0], unit.source[1]) }}
        ) as parts_of_rows
        where {{ is_in_changed_unit(unit, ['property', 'part']) }}
        union all
        select property, {{ part_text(unit.reach) }}
        from {{ last_rows }}
        where {{ is_in_changed_unit(unit, unit.own_key) }}
    )
    {%- endif -%}
{%- endmacro %}
