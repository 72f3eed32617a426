{#
    In a report with `(all)` rows, the rows of a dimension add up to its `(all)` row, with
    neither side missing. A measure that is null is null in all of them.

    arguments
        dimension: the column with `(all)` in it
        keys: the other columns of the grain
        measures: the columns that add up over the dimension
#}
{% test totals_add_up(model, dimension, keys, measures) %}

with

parts as (

    select
        {{ keys | join(', ') }},
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        count({{ measure }}) in (0, count(*)) as {{ measure }}_is_whole
        {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
    where {{ dimension }} != '(all)'
    group by {{ keys | join(', ') }}

),

totals as (

    select *
    from {{ model }}
    where {{ dimension }} = '(all)'

)

select totals.*
from totals
full join parts
    on
    {%- for key in keys %}
    {{ 'and ' if not loop.first }}totals.{{ key }} = parts.{{ key }}
    {%- endfor %}
where
    totals.{{ keys[0] }} is null
    or parts.{{ keys[0] }} is null
    {%- for measure in measures %}
    or totals.{{ measure }} is distinct from parts.{{ measure }}
    or not parts.{{ measure }}_is_whole
    {%- endfor %}

{% endtest %}
