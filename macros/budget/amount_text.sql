{#
    {{ amount_text('1.005') }}    -- '1.01', a number in words: two places

    One of more than 36 digits before the point is written as the engine does, '1e+40'.
#}
{% macro amount_text(amount) -%}
    coalesce(
        cast(try_cast({{ amount }} as decimal(38, 2)) as {{ dbt.type_string() }}),
        cast({{ amount }} as {{ dbt.type_string() }})
    )
{%- endmacro %}
