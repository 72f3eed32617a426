{#
    +schema: marts    -- the schema is called marts, not main_marts

    dbt's own version puts the target's schema in front, for warehouses that developers
    share. Here each has a database file of their own.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
