{#
    {{ cost_status('both_sides') }} as status    -- 'cost_without_sessions'

    How a cost agrees with the sessions it paid for, the first that holds. Reads cost,
    clicks, session_count and session_cost. Money within half a cent is equal.
#}
{% macro cost_status(relation) -%}
    case
        -- paid for, and nobody came
        when {{ relation }}.session_count = 0 and {{ relation }}.cost > 0.005
            then 'cost_without_sessions'
        -- came at a price, and nobody was billed
        when {{ relation }}.cost <= 0.005 and {{ relation }}.session_cost > 0.005
            then 'sessions_without_cost'
        -- billed, and the sessions say they were free
        when {{ relation }}.session_cost = 0 and {{ relation }}.cost > 0.005
            then 'sessions_without_price'
        -- billed per click, and nobody clicked
        when {{ relation }}.clicks = 0 and {{ relation }}.cost > 0.005
            then 'cost_without_clicks'
        when abs({{ relation }}.cost - {{ relation }}.session_cost) > 0.005
            then 'cost_differs'
        else 'covered'
    end
{%- endmacro %}
