{#
    where {{ is_first_in('month') }}

    Whether a session is its user's first in its day, ISO week or month: the one before,
    of `previous_session_date`, is of an earlier one. A user who came is counted there,
    and nowhere else.
#}
{% macro is_first_in(period) -%}
    coalesce(
        previous_session_date < cast(date_trunc('{{ period }}', session_date) as date),
        true
    )
{%- endmacro %}
