{#
    Which conversions have to be looked at anew since the last run that ended well: those
    that have come, changed or gone, those with another provided journey, and all others
    of their users and of users whose sessions have changed.
#}

with

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_refund is not true

),

properties as (

    select * from {{ ref('int_properties') }}

),

provided_journeys as (

    select * from {{ ref('int_provided_journeys') }}

),

sessions as (

    select * from {{ ref('int_sessions') }}

),

users as (

    select * from {{ ref('int_users_compared') }}

),

-- a provided journey reaches sessions of any user
provided_touches as (

    select
        provided_journeys.*,
        sessions.user_id,
        sessions.started_at,
        sessions.session_date,
        sessions.channel,
        sessions.campaign_id,
        sessions.is_direct

    from provided_journeys

    inner join sessions
        on provided_journeys.property = sessions.property
        and provided_journeys.session_id = sessions.session_id

),

provided as (

    select
        property,
        conversion_id,
        {{ fingerprint('provided_touches') }} as fingerprint

    from provided_touches

    group by property, conversion_id

),

hashed as (

    select
        conversion_key,
        property,
        conversion_id,
        journey_user_id,
        {{ row_hash([row_hash(['conversions'])]) }} as row_hash

    from conversions

),

compared_conversions as (

    select
        hashed.conversion_key,
        hashed.property,
        hashed.journey_user_id,
        cast(hashed.row_hash as decimal(38, 0))
        + coalesce(provided.fingerprint, 0)
        + case when properties.has_provided_journeys then 1 else 0 end as fingerprint

    from hashed

    inner join properties
        on hashed.property = properties.property

    left join provided
        on hashed.property = provided.property
        and hashed.conversion_id = provided.conversion_id

),

last_conversions as (

    {{ last_run(
        'compared_conversions',
        ['conversion_key', 'property', 'journey_user_id', 'fingerprint'],
    ) }}

),

compared as (

    {{ compared('compared_conversions', 'last_conversions', ['conversion_key']) }}

),

placed as (

    select
        compared.conversion_key,
        coalesce(compared_conversions.property, last_conversions.property) as property,
        compared_conversions.journey_user_id,
        last_conversions.journey_user_id as last_user_id,
        compared.fingerprint,
        compared.is_changed

    from compared

    left join compared_conversions
        on compared.conversion_key = compared_conversions.conversion_key

    left join last_conversions
        on compared.conversion_key = last_conversions.conversion_key

),

changed_users as (

    select
        property,
        unit_id as user_id
    from users
    where is_changed and is_known

    union

    select
        property,
        journey_user_id as user_id
    from placed
    where is_changed

    union

    select
        property,
        last_user_id as user_id
    from placed
    where is_changed

),

final as (

    select
        placed.conversion_key,
        placed.property,
        coalesce(placed.journey_user_id, placed.last_user_id) as journey_user_id,
        placed.fingerprint,
        placed.is_changed or changed_users.user_id is not null as is_changed

    from placed

    left join changed_users
        on placed.property = changed_users.property
        and placed.journey_user_id = changed_users.user_id

)

select * from final
