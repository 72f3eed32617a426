{#
    {{ a_row_per_model('credited', ['property', 'channel'], ['linear']) }}

    Rows of a relation with each model's `_share` and `_revenue` side by side, laid one
    under the other: the named columns, attribution_model, credit_share and
    credited_revenue.
#}
{% macro a_row_per_model(relation, columns, names) -%}
    {%- for name in names %}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        '{{ name }}' as attribution_model,
        {{ name }}_share as credit_share,
        {{ name }}_revenue as credited_revenue
    from {{ relation }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
