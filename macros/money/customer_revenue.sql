{#
    {{ customer_revenue('ltv.') }}    -- ltv.net_revenue

    What a customer is worth: net of refunds, or with var `customer_revenue` gross what
    was earned before them.
#}
{% macro customer_revenue(prefix='') -%}
    {{ prefix }}{{ 'revenue' if var('customer_revenue') == 'gross' else 'net_revenue' }}
{%- endmacro %}
