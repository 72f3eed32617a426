{#
    {{ student_t('10') }}    -- 2.228: 95 % of the distribution lie within ± that

    Student's t for a two-sided 95 % and so many degrees of freedom, which no engine has
    as a function. The expansion in powers of 1 / df of Abramowitz and Stegun 1964,
    26.7.5, with z = 1.959964; from 5 degrees on it is right to 0.001.
#}
{% macro student_t(degrees) -%}
    (
        1.959963985
        + 2.372271230 / cast({{ degrees }} as double)
        + 2.822490 / power(cast({{ degrees }} as double), 2)
        + 2.555850 / power(cast({{ degrees }} as double), 3)
        + 1.589536 / power(cast({{ degrees }} as double), 4)
    )
{%- endmacro %}
