{#
    {{ compared('current_users', 'last_users', ['property', 'unit_id']) }}

    The units of this run beside those of the last good one: `fingerprint`, null where a
    unit has gone, `is_changed`, and `others`, columns of either side. What a run has left
    undone stays changed.
#}
{% macro compared(current_units, last_units, keys, others=[]) -%}
    select
        {%- for key in keys %}
        coalesce({{ current_units }}.{{ key }}, {{ last_units }}.{{ key }}) as {{ key }},
        {%- endfor %}
        {%- for column in others %}
        {{ column }},
        {%- endfor %}
        {{ current_units }}.fingerprint,
        coalesce({{ last_units }}.is_changed, true)
        or (
            {{ current_units }}.fingerprint
            is distinct from {{ last_units }}.fingerprint
        ) as is_changed

    from {{ current_units }}

    full join {{ last_units }}
        on {{ current_units }}.{{ keys[0] }} = {{ last_units }}.{{ keys[0] }}
        {%- for key in keys[1:] %}
        and {{ current_units }}.{{ key }} = {{ last_units }}.{{ key }}
        {%- endfor %}
{%- endmacro %}


{#
    {{ last_run('users', ['property', 'unit_id', 'fingerprint']) }}

    The named columns and `is_changed` as the model itself held them after the last run;
    no rows where there was none, where the model had other columns, and in a full
    refresh. The relation is one of this run that has the columns, too.
#}
{% macro last_run(relation, columns) -%}
    {%- set found = namespace(is_usable=false) -%}
    {%- if execute and model.resource_type == 'model' and not flags.FULL_REFRESH -%}
        {%- set last = load_relation(this) -%}
        {%- if last is not none and last.is_table -%}
            {%- set present = adapter.get_columns_in_relation(last) -%}
            {%- set found.is_usable =
                present | map(attribute='name') | sort == (columns + ['is_changed']) | sort
            -%}
        {%- endif -%}
    {%- endif -%}
    {%- if found.is_usable -%}
    select * from {{ this }}
    {%- else -%}
    select
        {{ columns | join(',\n        ') }},
        false as is_changed
    from {{ relation }}
    where false
    {%- endif -%}
{%- endmacro %}


{#
    {{ fingerprint('sessions') }} as fingerprint

    What a group of rows of a relation comes to, in whatever order: other rows have
    another. A sum of the engine's hashes, so that an engine of another version may take
    all for changed; that a change goes unseen is as likely as 1 in 2^64.
#}
{% macro fingerprint(relation) -%}
    {#- hashed twice: rows that swap a value must not come to the same sum; with types,
        since 100 cents and 1.00 of a currency share a hash #}
    cast(
        sum({{ row_hash([row_hash([relation]), row_types(relation)]) }})
        as decimal(38, 0)
    )
{%- endmacro %}
