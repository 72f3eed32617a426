{#
    {{ share_so_far('running', 'total', 'touch_number', 'touch_count') }}
    -- weights 1, 1, 1: 0.333333333333, 0.666666666667, 1.000000000000

    The part of a journey's weight that its touches up to one have, rounded to 12
    places. Exactly 0 before the first touch and 1 at the last.
#}
{% macro share_so_far(running_weight, total_weight, touch_number, touch_count) -%}
    cast(
        case
            when {{ touch_number }} = 0 then 0
            when {{ touch_number }} = {{ touch_count }} then 1
            when {{ total_weight }} = 0
                then 1e0 * ({{ touch_number }}) / {{ touch_count }}
            else cast({{ running_weight }} as double) / cast({{ total_weight }} as double)
        end as decimal(18, 12)
    )
{%- endmacro %}
