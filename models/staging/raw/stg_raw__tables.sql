with

tables (property, layout, raw_table) as (

    {%- if var('raw') %}

    {{ tables_of_places() }}

    {%- else %}
    {%- set sample = [] %}
    {%- for layout in sample_layouts() %}
    {%- for raw_table, seeds in sample_seeds(layout).items() %}
    {%- for property in seeds %}
    {%- do sample.append(
        "('" ~ [property, layout, raw_table] | join("', '") ~ "')"
    ) %}
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}

    values
    {{ sample | join(',\n    ') }}

    {%- endif %}

),

-- a table that several places hold is one table
present as (

    select
        property,
        layout,
        raw_table

    from tables

    group by property, layout, raw_table

)

select * from present
