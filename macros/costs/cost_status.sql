{#
    {{ cost_status('both_sides.') }} as status    -- 'cost_without_sessions'

    How a cost agrees with the sessions it paid for, the first that holds. Reads cost,
    clicks, session_count and session_cost, behind the prefix if one is given. Money
    within half a cent is equal; a session_cost that is not known (null) is not 0.
#}
{% macro cost_status(prefix='') -%}
    case
        -- paid for, and nobody came
        when {{ prefix }}session_count = 0 and {{ prefix }}cost > 0.005
            then 'cost_without_sessions'
        -- came at a price, and nobody was billed
        when {{ prefix }}cost = 0 and {{ prefix }}session_cost > 0.005
            then 'sessions_without_cost'
        -- billed, and the sessions say they were free
        when {{ prefix }}session_cost = 0 and {{ prefix }}cost > 0.005
            then 'sessions_without_price'
        -- billed per click, and nobody clicked
        when {{ prefix }}clicks = 0 and {{ prefix }}cost > 0.005
            then 'cost_without_clicks'
        when abs({{ prefix }}cost - {{ prefix }}session_cost) > 0.005
            then 'cost_differs'
        else 'covered'
    end
{%- endmacro %}
