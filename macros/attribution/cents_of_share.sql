{#
    {{ cents_in_doubles('share_so_far', 'revenue') }} as cents_in_doubles
    {{ cents_of_share('share_so_far', 'revenue', 'cents_in_doubles') }}
    -- 0.333333333333, 0.05: 1.6667, 2

    The whole cents that a running share of an amount comes to, half a cent upwards.
    Doubles where they are sure of the answer, exact decimals (25 times slower in DuckDB)
    near half a cent and for huge amounts. A share of whole 4096ths is exact in doubles,
    and so is its half of a cent. The doubles are a column of the step before, named four
    times here.
#}
{% macro cents_of_share(share, amount, in_doubles) -%}
    case
        when
            abs({{ in_doubles }}) < 1e11
            and (
                abs({{ in_doubles }} - floor({{ in_doubles }}) - 0.5) > 0.0001
                or 4096 * cast({{ share }} as double)
                = floor(4096 * cast({{ share }} as double))
            )
            then cast(floor({{ in_doubles }} + 0.5) as bigint)
        else cast(floor(
            cast({{ share }} as decimal(13, 12))
            * cast(100 * cast({{ amount }} as decimal(18, 2)) as decimal(20, 0))
            + 0.5
        ) as bigint)
    end
{%- endmacro %}


{% macro cents_in_doubles(share, amount) -%}
    cast({{ share }} as double) * round(cast({{ amount }} as double) * 100)
{%- endmacro %}
