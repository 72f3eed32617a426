{#
    {{ credit_revenue('conversions.') }}    -- conversions.revenue

    What of a conversion is credited: what it earned, or with var `credit_revenue` net
    what is left of it when all its refunds are taken from it.
#}
{% macro credit_revenue(prefix='') -%}
    {%- if var('credit_revenue') == 'net' -%}
    ({{ prefix }}revenue - {{ prefix }}refunded_revenue)
    {%- else -%}
    {{ prefix }}revenue
    {%- endif -%}
{%- endmacro %}
