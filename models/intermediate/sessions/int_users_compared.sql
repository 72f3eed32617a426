{#
    Whose sessions have changed since the last run that ended well, whatever the reason:
    compared is what int_sessions is made of. A session without a user is compared by
    itself.
#}

with

counted_sessions as (

    select * from {{ ref('int_sessions_counted') }}

),

session_costs as (

    select * from {{ ref('int_session_costs') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

channel_mapping as (

    select * from {{ ref('channel_mapping') }}

),

-- a new channel mapping or time zone is a change for all of a property
mappings as (

    select
        properties.property,
        {{ fingerprint('channel_mapping') }} as fingerprint

    from properties

    inner join channel_mapping
        on channel_mapping.property in ('*', properties.property)

    group by properties.property

),

settings as (

    select
        properties.property,
        max({{ row_hash(['properties.time_zone', 'mappings.fingerprint']) }})
            as settings_hash

    from properties

    left join mappings
        on properties.property = mappings.property

    group by properties.property

),

sessions as (

    select
        counted_sessions.{{ all_but(['session_cost']) }},
        coalesce(session_costs.session_cost, counted_sessions.session_cost)
            as session_cost

    from counted_sessions

    left join session_costs
        on counted_sessions.property = session_costs.property
        and counted_sessions.session_id = session_costs.session_id

),

users as (

    select
        {{ unit_of_user('sessions.property', 'user_id', 'session_id') }} as unit_key,
        {{ fingerprint('sessions') }}
        + cast(sum(settings.settings_hash) as decimal(38, 0)) as fingerprint

    from sessions

    inner join settings
        on sessions.property = settings.property

    group by {{ unit_of_user('sessions.property', 'user_id', 'session_id') }}

),

last_users as (

    {{ last_run('users', ['unit_key', 'fingerprint']) }}

),

final as (

    {{ compared('users', 'last_users', ['unit_key']) }}

)

select * from final
