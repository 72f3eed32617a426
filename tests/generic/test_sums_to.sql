{#
    Every group of rows adds up to exactly the given total, with no null among them.

    arguments
        column: the column to add up, a decimal
        total: the sum each group must have
        group_by: columns that make a group
#}
{% test sums_to(model, column, total, group_by) %}

select
    {{ group_by | join(', ') }},
    sum({{ column }}) as actual_total
from {{ model }}
group by {{ group_by | join(', ') }}
having
    sum({{ column }}) is distinct from {{ total }}
    or count(*) != count({{ column }})

{% endtest %}
