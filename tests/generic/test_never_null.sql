{#
    None of the columns is ever null: one look at the table for all of them.

    arguments
        columns: the columns that always hold a value
#}
{% test never_null(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
where
    {%- for column in columns %}
    {{ 'or ' if not loop.first }}{{ column }} is null
    {%- endfor %}

{% endtest %}
