{#
    The steps of the Markov chain, counted: from the start to a state, from state to
    state, from a state to a conversion or to nothing.

    A state is the last `markov_order` channels of a journey; a journey shorter than
    that is one state. A step from a state to itself is none. Converting journeys are
    those of counted conversions; a user without any is a journey that led to nothing,
    of the sessions within the lookback of the last one.
#}

{% set order = var('markov_order') %}

-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

sessions as (

    select * from {{ ref('int_sessions') }}
    where user_id is not null

),

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

touchpoints as (

    select * from {{ ref('int_touchpoints') }}

),

converting_touches as (

    select
        touchpoints.property,
        touchpoints.conversion_id as path_id,
        true as is_conversion,
        conversions.user_group,
        touchpoints.touched_at,
        touchpoints.session_id,
        touchpoints.channel

    from touchpoints

    inner join conversions
        on touchpoints.property = conversions.property
        and touchpoints.conversion_id = conversions.conversion_id

),

converting_users as (

    select
        property,
        journey_user_id as user_id

    from conversions

    where journey_user_id is not null

    group by property, journey_user_id

),

other_users as (

    select
        sessions.property,
        sessions.user_id,
        {{ hash_group('sessions.user_id') }} as user_group,
        max(sessions.started_at) as last_started_at

    from sessions

    left join converting_users
        on sessions.property = converting_users.property
        and sessions.user_id = converting_users.user_id

    where converting_users.user_id is null

    group by sessions.property, sessions.user_id

),

other_touches as (

    select
        sessions.property,
        sessions.user_id as path_id,
        false as is_conversion,
        other_users.user_group,
        sessions.started_at as touched_at,
        sessions.session_id,
        sessions.channel

    from sessions

    inner join other_users
        on sessions.property = other_users.property
        and sessions.user_id = other_users.user_id
        and {{ days_before('other_users.last_started_at', var('lookback_days')) }}
        < sessions.started_at

),

touches as (

    {% if 'markov' in attribution_model_names() -%}
    select * from converting_touches
    union all
    select * from other_touches
    {%- else -%}
    -- var attribution_models does not ask for it
    select * from converting_touches
    where false
    {%- endif %}

),

placed as (

    select
        property,
        is_conversion,
        user_group,
        row_number() over journey as touch_number,
        lead(session_id) over journey is null as is_last,
        channel
        {%- for back in range(1, order + 1) %},
        lag(channel, {{ back }}) over journey as channel_{{ back }}_before
        {%- endfor %}

    from touches

    window
        journey as (
            partition by property, path_id, is_conversion
            order by touched_at, session_id
        )

),

-- channels are kept apart by a character that no name holds, so that a channel may be
-- called whatever it likes
stepped as (

    select
        property,
        is_conversion,
        user_group,
        is_last,
        concat_ws(
            chr(31)
            {%- for back in range(order - 1, 0, -1) %},
            channel_{{ back }}_before
            {%- endfor %},
            channel
        ) as state,
        case
            when touch_number > {{ order }}
                then concat_ws(
                    chr(31)
                    {%- for back in range(order, 0, -1) %},
                    channel_{{ back }}_before
                    {%- endfor %}
                )
        end as previous_state

    from placed

    -- a shorter journey is one state, that of its last touch
    where touch_number >= {{ order }} or is_last

),

steps as (

    select
        property,
        user_group,
        previous_state as from_state,
        state as to_state,
        cast(null as boolean) as is_conversion
    from stepped
    where previous_state is distinct from state

    union all

    select
        property,
        user_group,
        state as from_state,
        {{ null_text() }} as to_state,
        is_conversion
    from stepped
    where is_last

),

counted as (

    select
        -- keys
        property,
        user_group,
        from_state,
        to_state,
        is_conversion,

        -- measures
        count(*) as step_count

    from steps

    group by property, user_group, from_state, to_state, is_conversion

)

select * from counted
