{#
    The journeys that the Markov chain is made of: those of counted conversions, and for
    each user without any one that led to nothing, of the sessions within the lookback
    of the last one.
#}

with

journeys as (

    select * from {{ ref('int_journeys') }}
    where channels is not null

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

users as (

    select * from {{ ref('int_session_users') }}

),

-- named where it is read: what a view reads twice is held, and all of its columns
converting_users as (

    select
        property,
        journey_user_id as user_id
    from {{ ref('int_conversions') }}
    where is_counted

    union

    -- who bought by the books, also where another came by the tracking
    select
        property,
        user_id
    from {{ ref('int_conversions') }}
    where is_counted

),

other_users as (

    select users.*

    from users

    left join converting_users
        on users.property = converting_users.property
        and users.user_id = converting_users.user_id

    where converting_users.user_id is null

),

converting as (

    select
        property,
        conversion_id as journey_id,
        user_group,
        true as is_conversion,
        channels

    from journeys

),

other as (

    select
        sessions.property,
        sessions.user_id as journey_id,
        {{ hash_group('sessions.user_id') }} as user_group,
        false as is_conversion,
        {{ ordered_list('sessions.channel', 'sessions.session_number') }} as channels

    from sessions

    inner join other_users
        on sessions.property = other_users.property
        and sessions.user_id = other_users.user_id
        and {{ days_before('other_users.last_session_at', var('lookback_days')) }}
        < sessions.started_at

    group by sessions.property, sessions.user_id

),

final as (

    {% if 'markov' in attribution_model_names() -%}
    select * from converting
    union all
    select * from other
    {%- else -%}
    -- var attribution_models does not ask for it
    select * from converting
    where false
    {%- endif %}

)

select * from final
