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

    {{ compared(
        'compared_conversions',
        'last_conversions',
        ['conversion_key'],
        others=[
            'coalesce(compared_conversions.property, last_conversions.property)'
            ~ ' as property',
            'compared_conversions.journey_user_id',
            'last_conversions.journey_user_id as last_user_id',
        ],
    ) }}

),

changed_users as (

    select unit_key
    from users
    where is_changed

    union all

    select {{ unit_of_user('property', 'journey_user_id') }} as unit_key
    from compared
    where is_changed

    union all

    select {{ unit_of_user('property', 'last_user_id') }} as unit_key
    from compared
    where is_changed

),

-- only for what has not changed itself are users looked up: in a full build for nothing
final as (

    select
        conversion_key,
        property,
        coalesce(journey_user_id, last_user_id) as journey_user_id,
        fingerprint,
        is_changed
    from compared
    where is_changed

    union all

    select
        compared.conversion_key,
        compared.property,
        compared.journey_user_id,
        compared.fingerprint,
        compared.journey_user_id is not null
        and {{ unit_of_user('compared.property', 'compared.journey_user_id') }} in (
            select changed_users.unit_key from changed_users
        ) as is_changed
    from compared
    where not compared.is_changed

)

select * from final
