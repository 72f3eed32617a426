{#
    {{ local_day('sessions', 'properties') }}    -- the day of sessions.started_at

    The day that a session, known by its UTC or its local start, began on.
#}
{% macro local_day(sessions, properties) -%}
    cast(
        coalesce(
            {{ sessions }}.started_at_local,
            {{ to_local(sessions ~ '.started_at', properties ~ '.time_zone') }}
        ) as date
    )
{%- endmacro %}
