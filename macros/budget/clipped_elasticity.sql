{#
    {{ clipped_elasticity('sum_xy', 'sum_xx') }}    -- 3 and 2 -> 0.95, 0 and 0 -> 0.05

    A slope brought to where an elasticity can lie, 0.05 to 0.95: more spend brings more,
    and each further euro less.
#}
{% macro clipped_elasticity(numerator, denominator) -%}
    least(0.95, greatest(0.05, coalesce({{ ratio(numerator, denominator) }}, 0.05)))
{%- endmacro %}
