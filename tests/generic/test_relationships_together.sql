{#
    Each combination of values stands in another model too. A combination with a null in
    it refers to nothing and passes.

    arguments
        to: the model that is referred to
        columns: the columns here
        to_columns: what they are called there; the same unless told otherwise
#}
{% test relationships_together(model, to, columns, to_columns=none) %}

{%- set referred_columns = to_columns or columns %}

-- with a `where` the model is a subquery that has a name of its own
with

referring as (

    select * from {{ model }}

)

select referring.*
from referring
left join {{ to }} as referred
    on
    {%- for column in columns %}
    {{ 'and ' if not loop.first }}referring.{{ column }}
    = referred.{{ referred_columns[loop.index0] }}
    {%- endfor %}
where
    referred.{{ referred_columns[0] }} is null
    {%- for column in columns %}
    and referring.{{ column }} is not null
    {%- endfor %}

{% endtest %}
