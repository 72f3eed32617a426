{#
    {{ is_direct('source_channel') }} as is_direct    -- '(none)' -> true

    Whether a channel that no mapping knows is direct traffic, by its name.
#}
{% macro is_direct(column) -%}
    coalesce(
        lower(trim({{ column }})) in ('direct', '(direct)', 'direct traffic', '(none)', ''),
        true
    )
{%- endmacro %}
