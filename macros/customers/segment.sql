{#
    {{ segment() }} as segment    -- 'best'

    Where a user stands, the first that holds. It reads the columns conversion_count,
    recency_days, days_since_first_conversion, net_revenue and best_net_revenue.
#}
{% macro segment() -%}
    case
        -- never bought
        when conversion_count = 0 then 'visitor'
        -- bought, but not for long, or for very long
        when recency_days > {{ var('lost_days') }} then 'lost'
        when recency_days > {{ var('lapsing_days') }} then 'lapsing'
        -- buys often, and brings more than most buyers
        when
            conversion_count >= {{ var('best_min_conversions') }}
            and net_revenue >= best_net_revenue
            then 'best'
        -- bought for the first time a short while ago
        when days_since_first_conversion <= {{ var('new_days') }} then 'new'
        when conversion_count > 1 then 'repeat'
        else 'one_time'
    end
{%- endmacro %}
