{#
    {{ age_in_days('conversion_date', 'until') }}    -- 2024-02-28, 2024-03-01 -> 2

    Days from one date to another, 0 where it comes after it; null without it.
#}
{% macro age_in_days(day, until) -%}
    case
        when {{ day }} > {{ until }} then 0
        else {{ dbt.datediff(day, until, 'day') }}
    end
{%- endmacro %}
