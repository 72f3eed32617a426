{#
    {{ is_foreign('conversions.revenue', 'conversions.currency', 'properties.currency') }}
    -- 5.00, 'USD', 'EUR' -> true; 0.00, 'USD', 'EUR' -> false; 5.00, null, 'EUR' -> false

    Whether an amount must be exchanged before it may be added up. 0 is 0 in every
    currency, and an amount that is not there needs no rate.
#}
{% macro is_foreign(amount, currency, own_currency) -%}
    coalesce({{ currency }} != {{ own_currency }} and {{ amount }} != 0, false)
{%- endmacro %}


{#
    {{ exchange_fault('exchanged_revenue', 'conversion_date') }}
    -- 'no exchange rate for USD on 2024-03-02'

    Why an amount cannot be brought to the property's currency; null where it can. Reads
    is_foreign, currency and own_currency, and rate and own_rate as int_exchange_rates
    has them.
#}
{% macro exchange_fault(exchanged_amount, day) -%}
    case
        when not is_foreign then null
        when rate is null or own_rate is null
            then 'no exchange rate for '
                || case when rate is null then currency else own_currency end
                || ' on ' || cast({{ day }} as {{ dbt.type_string() }})
        when {{ exchanged_amount }} is null then 'the amount is too large to exchange'
    end
{%- endmacro %}
