{#
    {{ spend_at_return('spend', 'marginal_return', 'elasticity', 'level', 'low', 'high') }}

    The spend at which a channel's last euro brings back exp(level): with revenue =
    a × spend ^ elasticity that is spend × (marginal_return / exp(level)) ^
    (1 / (1 - elasticity)), kept between low and high. To a millionth, in decimals, so
    that sums do not depend on their order.
#}
{% macro spend_at_return(spend, marginal_return, elasticity, level, low, high) -%}
    cast(
        round(
            least({{ high }}, greatest({{ low }}, {{ spend }} * exp(
                least(9, greatest(-9, (
                    ln(greatest({{ marginal_return }}, 0.000000001)) - {{ level }}
                ) / (1 - {{ elasticity }})))
            ))),
            6
        ) as decimal(38, 6)
    )
{%- endmacro %}
