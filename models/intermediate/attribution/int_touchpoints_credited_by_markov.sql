{#
    Markov's credits beside what int_touchpoints_credited says of their touches.
#}

-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

touchpoints as (

    select * from {{ ref('int_touchpoints_credited') }}

),

credits as (

    select * from {{ ref('int_markov_credits') }}

),

final as (

    select
        -- keys
        touchpoints.property,
        touchpoints.conversion_id,
        touchpoints.conversion_key,
        touchpoints.touch_number,
        touchpoints.session_id,
        touchpoints.campaign_id,
        touchpoints.user_group,

        -- timestamps
        touchpoints.touch_date,
        touchpoints.conversion_date,

        -- attributes
        touchpoints.channel,
        touchpoints.market
        {%- for model in markov_models() %},

        -- measures
        credits.{{ model.name }}_share,
        credits.{{ model.name }}_revenue
        {%- endfor %}

    from touchpoints

    inner join credits
        on touchpoints.conversion_key = credits.conversion_key
        and touchpoints.touch_number = credits.touch_number

)

select * from final
