{#
    select * from {{ raw('company_x', 'conversions') }}

    The rows of one raw table over all properties, with a `property` column: the sample's
    seeds by default, the plugin's view (raw_data/) when var `raw` names places. As in
    the view, `Buy Ts` is buy_ts, and a column that a seed lacks is null; a table that
    the sample lacks is empty. On request with the property's `time_zone`, which the view
    always has.
#}
{% macro raw(layout, raw_table, with_time_zone=false) -%}
    {%- if var('raw') -%}
        {{ raw_places(layout, raw_table, with_time_zone) }}
    {%- else -%}
    (
        {%- for property, seed in sample_seeds(layout, raw_table).items() %}
        {%- set delivered = {} %}
        {%- for name in seed_columns(seed) %}
        {%- do delivered.update({plain_name(name): name}) %}
        {%- endfor %}
        select
            '{{ property }}' as property
            {%- if with_time_zone %},
            '{{ sample_time_zone(property) }}' as time_zone
            {%- endif %}
            {%- for column in raw_columns(layout, raw_table) %},
            {{
                adapter.quote(delivered[column]) if column in delivered
                else null_text()
            }} as {{ column }}
            {%- endfor %}
        from {{ ref(seed) }}
        {{- '\n        union all' if not loop.last }}
        {%- else %}
        {{ no_raw_rows(raw_columns(layout, raw_table), with_time_zone) }}
        {%- endfor %}
    ) as raw_rows
    {%- endif -%}
{%- endmacro %}


{#
    select * from {{ raw_texts('company_x', 'conversions') }}

    The rows of one raw table, each value as text without outer spaces and null where it
    is empty. `source_row` is the row as it came; a clause `where` chooses rows by it.
#}
{% macro raw_texts(layout, raw_table, with_time_zone=false, where='') -%}
    {%- set columns = raw_columns(layout, raw_table) -%}
    (
        select
            property,
            {%- for column in ['time_zone'] if with_time_zone %}
            {{ column }},
            {%- endfor %}
            {%- for column in columns %}
            {{ filled_text(adapter.quote(column)) }} as {{ column }},
            {%- endfor %}
            source_row
        from (
            select
                property,
                {%- for column in ['time_zone'] if with_time_zone %}
                {{ column }},
                {%- endfor %}
                {%- for column in columns %}
                {%- set value = adapter.quote(column) %}
                cast({{ value }} as {{ dbt.type_string() }}) as {{ column }},
                {%- endfor %}
                {{ row_as_struct(columns) }} as source_row
            from {{ raw(layout, raw_table, with_time_zone) }}
            {{ where }}
        ) as raw_values
    ) as raw_texts
{%- endmacro %}


{#
    {{ no_raw_rows(['conv_id', 'revenue']) }}    -- a select of these, all text, no row
#}
{% macro no_raw_rows(columns, with_time_zone=false) -%}
        select
            {{ null_text() }} as property
            {%- for column in ['time_zone'] if with_time_zone %},
            {{ null_text() }} as {{ column }}
            {%- endfor %}
            {%- for column in columns %},
            {{ null_text() }} as {{ column }}
            {%- endfor %}
        where false
{%- endmacro %}


{#
    {{ raw_columns('company_x', 'session_costs') }}
    -- {'session_id': 'session_id', 'cost': 'cost'}

    The columns that the sources YAML declares for a raw table, in its order, each with
    how a refused row shows it: a column tagged `pii` is masked.
#}
{% macro raw_columns(layout, raw_table) -%}
    {%- if execute -%}
        {%- set source_id = 'source.tributary.' ~ layout ~ '.' ~ raw_table -%}
        {%- set columns = {} -%}
        {%- for name, column in graph.sources[source_id].columns.items() -%}
            {%- set is_personal = 'pii' in column.config.tags -%}
            {%- do columns.update({name: masked(name) if is_personal else name}) -%}
        {%- endfor -%}
        {%- do return(columns) -%}
    {%- endif -%}
    {%- do return([]) -%}
{%- endmacro %}


{#
    {{ masked('address') }}    -- '1 High Street' -> '***', null -> null
#}
{% macro masked(column) -%}
    case when {{ column }} is not null then '***' end
{%- endmacro %}


{#
    {{ seed_columns('orders') }}    -- ['Buy Ts', 'Revenue', 'Uid']

    The columns of a seed, as its YAML types them and its file spells them.
#}
{% macro seed_columns(seed) -%}
    {%- if execute -%}
        {%- set node = graph.nodes['seed.tributary.' ~ seed] -%}
        {%- do return(node.config.column_types.keys() | list) -%}
    {%- endif -%}
    {%- do return([]) -%}
{%- endmacro %}


{#
    {{ plain_name('Buy Ts') }}    -- buy_ts

    A name spelt the project's way, as the plugin (raw_data/) does.
#}
{% macro plain_name(name) -%}
    {%- do return(modules.re.sub('\\s+', '_', name.strip()).lower()) -%}
{%- endmacro %}
