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

summed as (

    select
        property,
        user_id is not null as is_known,
        coalesce(user_id, session_id) as unit_id,
        {{ fingerprint('sessions') }} as fingerprint

    from sessions

    group by property, user_id is not null, coalesce(user_id, session_id)

),

users as (

    select
        summed.property,
        summed.is_known,
        summed.unit_id,
        summed.fingerprint + cast(settings.settings_hash as decimal(38, 0))
            as fingerprint

    from summed

    inner join settings
        on summed.property = settings.property

),

last_users as (

    {{ last_run('users', ['property', 'is_known', 'unit_id', 'fingerprint']) }}

),

final as (

    {{ compared('users', 'last_users', ['property', 'is_known', 'unit_id']) }}

)

select * from final
