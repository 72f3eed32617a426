{#
    {{ unreserved('device') }} as device    -- '(all)' -> 'all', '(unknown)' -> null

    A raw name told apart from the words that reports put in the place of names: a total
    loses its brackets, and what says that nobody knows is null like nothing at all.
#}
{% macro unreserved(expression) -%}
    case {{ expression }}
        when '(unknown)' then null
        {%- for word in ['all', 'no session', 'no touchpoint'] %}
        when '({{ word }})' then '{{ word }}'
        {%- endfor %}
        else {{ expression }}
    end
{%- endmacro %}
