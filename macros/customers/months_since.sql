{#
    {{ months_since('cohort_month', 'report_month') }}    -- 2023-12-01, 2024-02-01 -> 2

    Calendar months from one date to another; the days of the months do not matter.
#}
{% macro months_since(earlier, later) -%}
    cast(
        12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
        as bigint
    )
{%- endmacro %}
