{#
    Each combination of values stands in another model too. A combination with a null in
    it refers to nothing and passes.

    arguments
        to: the model that is referred to
        columns: the columns, called the same on both sides
#}
{% test relationships_together(model, to, columns) %}

select referring.*
from {{ model }} as referring
left join {{ to }} as referred
    on
    {%- for column in columns %}
    {{ 'and ' if not loop.first }}referring.{{ column }} = referred.{{ column }}
    {%- endfor %}
where
    referred.{{ columns[0] }} is null
    {%- for column in columns %}
    and referring.{{ column }} is not null
    {%- endfor %}

{% endtest %}
