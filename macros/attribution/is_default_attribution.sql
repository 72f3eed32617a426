{#
    {{ is_default_attribution() }} as is_default    -- last_non_direct, touch -> true

    Whether a row with attribution_model and date_basis is of those that reports show
    unless told otherwise.
#}
{% macro is_default_attribution() -%}
    attribution_model = '{{ var('default_attribution_model') }}'
        and date_basis = '{{ var('default_date_basis') }}'
{%- endmacro %}
