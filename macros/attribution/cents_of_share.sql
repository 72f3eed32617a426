{#
    {{ cents_of_share('share_so_far', 'revenue') }}    -- 0.333333333333, 0.05 -> 2

    The whole cents that a running share of an amount comes to, half a cent upwards. All
    in decimals.
#}
{% macro cents_of_share(share, amount) -%}
    floor({{ share }} * cast(100 * {{ amount }} as decimal(18, 0)) + 0.5)
{%- endmacro %}
