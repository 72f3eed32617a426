{#
    {{ cents_of_share('share_so_far', 'revenue') }}    -- 0.333333333333, 0.05 -> 2

    The whole cents that a running share of an amount comes to, half a cent upwards.
    Doubles where they are sure of the answer, exact decimals (25 times slower in DuckDB)
    near half a cent and for huge amounts.
#}
{% macro cents_of_share(share, amount) -%}
    {%- set product -%}
        (cast({{ share }} as double) * round(cast({{ amount }} as double) * 100))
    {%- endset -%}
    case
        when
            abs({{ product }}) < 1e11
            and abs({{ product }} - floor({{ product }}) - 0.5) > 0.0001
            then cast(floor({{ product }} + 0.5) as bigint)
        else cast(floor(
            cast({{ share }} as decimal(13, 12))
            * cast(100 * cast({{ amount }} as decimal(18, 2)) as decimal(20, 0))
            + 0.5
        ) as bigint)
    end
{%- endmacro %}
