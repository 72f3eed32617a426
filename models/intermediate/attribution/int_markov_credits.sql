{#
    What each touch earned under the Markov model. A single new journey changes all of it,
    so that nothing else is kept here: int_touchpoints_credited_by_markov says whose it is.
#}

-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

touchpoints as {{ inlined() }} (

    select * from {{ ref('int_touchpoints') }}

),

counted_conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

{{ touches_credited(markov_models()) }},

final as (

    select
        -- keys
        conversion_key,
        touch_number
        {%- for model in markov_models() %},

        -- measures
        {{ model.name }}_share,
        {{ model.name }}_revenue
        {%- endfor %}

    from credited

    {%- if not markov_models() %}
    -- var attribution_models does not ask for it
    where false
    {%- endif %}

)

select * from final
