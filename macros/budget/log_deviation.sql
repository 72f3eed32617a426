{#
    {{ log_deviation('log_cost', 'property, channel') }} as own_cost

    A decimal less its mean over a group, to 9 places; the same in every build.
#}
{% macro log_deviation(column, partition_by) -%}
    cast(
        {{ column }} - cast({{ ratio(
            'sum(' ~ column ~ ') over (partition by ' ~ partition_by ~ ')',
            'count(*) over (partition by ' ~ partition_by ~ ')'
        ) }} as decimal(18, 9))
        as decimal(18, 9)
    )
{%- endmacro %}
