{#
    The revenue of journeys by the channels that they touched, by group of users: all
    that the jackknife of Markov credit needs to know of them.
#}

with

journeys as (

    select * from {{ ref('int_journeys') }}
    where channels is not null

),

summed as (

    select
        -- keys
        property,
        {{ list_as_text(distinct_list('channels'), 'chr(31)') }} as channel_set,
        user_group,

        -- measures
        sum(revenue) as revenue

    from journeys

    {%- if 'markov' not in attribution_model_names() %}
    -- var attribution_models does not ask for it
    where false
    {%- endif %}

    group by
        property,
        {{ list_as_text(distinct_list('channels'), 'chr(31)') }},
        user_group

)

select * from summed
