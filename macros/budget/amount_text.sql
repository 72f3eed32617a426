{#
    {{ amount_text('1.005') }}    -- '1.01', a number in words: two places
#}
{% macro amount_text(amount) -%}
    cast(cast({{ amount }} as decimal(18, 2)) as {{ dbt.type_string() }})
{%- endmacro %}
