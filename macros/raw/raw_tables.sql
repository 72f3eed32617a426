{#
    {{ raw_tables() }}    -- [{'layout': 'company_x', 'name': 'session_sources'}, …]

    Every raw table of every layout: what is refused, counted and tested of each.
#}
{% macro raw_tables() -%}
    {%- set layouts = {
        'company_x': [
            'session_sources',
            'conversions',
            'conversions_backend',
            'api_adwords_costs',
            'attribution_customer_journey',
            'session_costs',
        ],
    } -%}
    {%- set tables = [] -%}
    {%- for layout, names in layouts.items() -%}
        {%- for name in names -%}
            {%- do tables.append({'layout': layout, 'name': name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(tables) -%}
{%- endmacro %}
