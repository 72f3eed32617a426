{#
    {{ is_over('report_month', 'sessions_until') }}    -- 2024-02-01, 2024-02-29 -> true

    Whether a month is over: the data reach its last day. Never null: where there are no
    data, nothing is over.
#}
{% macro is_over(month, until) -%}
    coalesce(last_day({{ month }}) <= {{ until }}, false)
{%- endmacro %}
