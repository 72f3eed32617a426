{#
    {{ touch_weight('linear') }} as linear_weight    -- 1

    What a touch weighs in its journey under a model, 0 or more. Only the proportions
    within a journey matter. Reads touch_number, touch_count, touched_at,
    last_touched_at, last_non_direct_number and provided_weight.
#}
{% macro touch_weight(attribution_model) -%}
    {%- if attribution_model == 'first_touch' -%}
        case when touch_number = 1 then 1 else 0 end
    {%- elif attribution_model == 'last_touch' -%}
        case when touch_number = touch_count then 1 else 0 end
    {%- elif attribution_model == 'last_non_direct' -%}
        case
            when touch_number = coalesce(last_non_direct_number, touch_count) then 1
            else 0
        end
    {%- elif attribution_model == 'linear' -%}
        1
    {%- elif attribution_model == 'position_based' -%}
        case
            -- one touch has it all, two share evenly
            when touch_count <= 2 then 1
            -- 40 % to each end; in units of 0.2 shared by the middle
            when touch_number in (1, touch_count) then 2 * (touch_count - 2)
            else 1
        end
    {%- elif attribution_model == 'time_decay' -%}
        power(
            2,
            -{{ seconds_between('touched_at', 'last_touched_at') }}
            / (86400.0 * {{ var('time_decay_half_life_days') }})
        )
    {%- elif attribution_model == 'provided' -%}
        coalesce(provided_weight, 0)
    {%- endif -%}
{%- endmacro %}
