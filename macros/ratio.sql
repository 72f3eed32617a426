{#
    {{ ratio('cost', 'clicks') }} as cpc    -- 1 and 3 -> 0.333333333, 1 and 0 -> null

    One number over another as a double of 9 places, so that two builds agree bit for
    bit; null where the denominator is 0.
#}
{% macro ratio(numerator, denominator) -%}
    round(
        cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0), 9
    )
{%- endmacro %}
