{#
    Which provided journey rows lead from a known session to a known conversion.
#}

with

journeys as (

    select * from {{ ref('int_provided_journeys_unioned') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

conversions as (

    select
        property,
        conversion_id
    from {{ ref('int_conversions') }}
    where is_refund is not true

),

sessions as (

    select
        property,
        session_id
    from {{ ref('int_sessions') }}

),

refused_conversions as (

    select * from {{ ref('int_conversions_refused') }}

),

refused_sessions as (

    select * from {{ ref('int_sessions_refused') }}

),

checked as (

    select
        journeys.*,
        case
            when conversions.conversion_id is null
                then coalesce(
                    refused_conversions.rejection_reason, 'conversion_id is unknown'
                )
            when sessions.session_id is null
                then coalesce(
                    refused_sessions.rejection_reason, 'session_id is unknown'
                )
        end as rejection_reason

    from journeys

    inner join properties
        on journeys.property = properties.property
        and properties.has_provided_journeys

    left join conversions
        on journeys.property = conversions.property
        and journeys.conversion_id = conversions.conversion_id

    left join sessions
        on journeys.property = sessions.property
        and journeys.session_id = sessions.session_id

    left join refused_conversions
        on journeys.property = refused_conversions.property
        and journeys.conversion_id = refused_conversions.conversion_id

    left join refused_sessions
        on journeys.property = refused_sessions.property
        and journeys.session_id = refused_sessions.session_id

)

select * from checked
