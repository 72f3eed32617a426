{#
    {{ cents_of_share('share_so_far', 'revenue') }}    -- 0.333333333333, 0.05 -> 2

    The whole cents that a running share of an amount comes to, half a cent upwards. All
    in decimals, widened first: DuckDB multiplies two narrow ones in 64 bits.
#}
{% macro cents_of_share(share, amount) -%}
    floor(
        cast({{ share }} as decimal(38, 12))
        * cast(100 * cast({{ amount }} as decimal(38, 2)) as decimal(38, 0))
        + 0.5
    )
{%- endmacro %}
