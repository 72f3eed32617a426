{#
    select * from {{ raw('company_x', 'conversions') }}

    The rows of one raw table over all properties, with a `property` column: the sample's
    seeds by default, the plugin's view (raw_data.py) when var `raw` names places. A
    column that a seed lacks is null, as in the view.
#}
{% macro raw(layout, raw_table) -%}
    {%- if var('raw') -%}
        {{ source(layout, raw_table) }}
    {%- else -%}
    (
        {%- for property, seed in sample_seeds(layout, raw_table).items() %}
        select
            '{{ property }}' as property
            {%- for column in raw_columns(layout, raw_table) %},
            {{ column if column in seed_columns(seed) else null_text() }} as {{ column }}
            {%- endfor %}
        from {{ ref(seed) }}
        {{- '\n        union all' if not loop.last }}
        {%- endfor %}
    ) as raw_rows
    {%- endif -%}
{%- endmacro %}


{#
    {{ raw_columns('company_x', 'session_costs') }}    -- ['session_id', 'cost']

    The columns that the sources YAML declares for a raw table, in its order.
#}
{% macro raw_columns(layout, raw_table) -%}
    {%- if execute -%}
        {%- set source_id = 'source.tributary.' ~ layout ~ '.' ~ raw_table -%}
        {%- do return(graph.sources[source_id].columns.keys() | list) -%}
    {%- endif -%}
    {%- do return([]) -%}
{%- endmacro %}


{#
    {{ seed_columns('session_costs') }}    -- ['session_id', 'cost']

    The columns of a seed, as its YAML types them.
#}
{% macro seed_columns(seed) -%}
    {%- if execute -%}
        {%- set node = graph.nodes['seed.tributary.' ~ seed] -%}
        {%- do return(node.config.column_types.keys() | list) -%}
    {%- endif -%}
    {%- do return([]) -%}
{%- endmacro %}
