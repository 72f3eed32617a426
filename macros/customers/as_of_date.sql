{#
    {{ as_of_date() }}    -- cast('2021-07-31' as date), or a null date without var as_of
#}
{% macro as_of_date() -%}
    {%- if var('as_of') is none -%}
        cast(null as date)
    {%- else -%}
        cast('{{ var('as_of') }}' as date)
    {%- endif -%}
{%- endmacro %}
