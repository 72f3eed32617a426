{#
    {{ least_squares_slope('n', 'x', 'y', 'xx', 'xy') }}    -- 2, 1, 2, 1, 2 -> 2

    The slope of a line through n points, from the sums of x, y, x² and xy as doubles;
    null where x does not vary.
#}
{% macro least_squares_slope(n, x, y, xx, xy) -%}
    ({{ xy }} - {{ x }} * {{ y }} / {{ n }})
    / nullif({{ xx }} - {{ x }} * {{ x }} / {{ n }}, 0)
{%- endmacro %}
