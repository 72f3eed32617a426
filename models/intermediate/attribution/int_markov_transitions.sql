{#
    The steps of the Markov chain, counted: from the start to a state, from state to
    state, from a state to a conversion or to nothing.

    A state is the last `markov_order` channels of a journey; a journey shorter than
    that is one state. A step from a state to itself is none.
#}

with

journeys as (

    select * from {{ ref('int_markov_journeys') }}

),

-- channels are kept apart by a character that no name holds, so that a channel may be
-- called whatever it likes
walked as (

    select
        property,
        user_group,
        is_conversion,
        {{ sliding_list('channels', var('markov_order')) }} as states

    from journeys

),

-- a journey of n states takes n + 1 steps: null is the start, and null is the end
stepped as (

    select
        property,
        user_group,
        is_conversion,
        {{ rows_of_lists({
            'from_state': list_after_null('states'),
            'to_state': list_before_null('states'),
        }) }}

    from walked

),

counted as (

    select
        -- keys
        property,
        user_group,
        from_state,
        to_state,
        case when to_state is null then is_conversion end as is_conversion,

        -- measures
        count(*) as step_count

    from stepped

    where from_state is distinct from to_state

    group by
        property,
        user_group,
        from_state,
        to_state,
        case when to_state is null then is_conversion end

)

select * from counted
