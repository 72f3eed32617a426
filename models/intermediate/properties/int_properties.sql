with

tables as (

    select * from {{ ref('stg_raw__tables') }}

),

settings as (

    select * from {{ ref('properties') }}

),

presence as (

    select
        property,
        {{ has_table_for('sessions') }} as has_sessions,
        {{ has_table_for('tracking') }} as has_tracking,
        {{ has_table_for('refunds') }} as has_refunds,
        {{ has_table_for('backend') }} as has_backend,
        {{ has_table_for('journeys') }} as has_journey_table,
        {{ has_table_for('ad_costs') }} as has_ad_costs

    from tables

    group by property

),

-- an unlisted property works: everything about it has a default
described as (

    select
        -- keys
        presence.property,

        -- attributes
        coalesce({{ filled_text('settings.time_zone') }}, 'UTC') as time_zone,
        upper(coalesce({{ filled_text('settings.currency') }}, 'EUR')) as currency,
        presence.has_sessions,
        presence.has_tracking,
        presence.has_refunds,
        presence.has_backend,
        {{ has_provided_journeys('presence') }} as has_provided_journeys,
        presence.has_ad_costs,

        -- measures
        coalesce(settings.gross_margin, 1) as gross_margin

    from presence

    left join settings
        on presence.property = settings.property

)

select * from described
