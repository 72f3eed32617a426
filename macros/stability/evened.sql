{#
    {{ evened('order_count') }}    -- 2 * sqrt(order_count + 0.375)

    A count on a scale on which chance is as large on a busy day as on a quiet one: where
    nothing but chance moves the count, about 1 (Anscombe 1948, Biometrika 35). Below 0,
    as revenue is on a day of nothing but a negative order, it is none.
#}
{% macro evened(count) -%}
    (2 * sqrt(case when {{ count }} < 0 then 0 else {{ count }} end + 0.375))
{%- endmacro %}


{#
    {{ count_of_evened('evened_value') }}    -- 10.0 where evened('10') was

    The count that a value on that scale stands for, never below 0; null stays null.
#}
{% macro count_of_evened(value) -%}
    (
        case
            when {{ value }} < 2 * sqrt(0.375) then 0
            else {{ value }} * {{ value }} / 4 - 0.375
        end
    )
{%- endmacro %}
