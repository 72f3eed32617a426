{#
    {{ credit_sums(['linear']) }}
    -- sum(linear_share) as linear_share, sum(linear_revenue) as linear_revenue

    The shares and the revenue of each of the named models, summed side by side.
#}
{% macro credit_sums(names) -%}
    {%- for name in names %}
        sum({{ name }}_share) as {{ name }}_share,
        sum({{ name }}_revenue) as {{ name }}_revenue
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
