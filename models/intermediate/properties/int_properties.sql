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
        bool_or(raw_table = 'session_sources') as has_sessions,
        bool_or(raw_table = 'conversions') as has_tracking,
        bool_or(raw_table = 'conversions_backend') as has_backend,
        bool_or(raw_table = 'attribution_customer_journey') as has_journey_table,
        bool_or(raw_table = 'api_adwords_costs') as has_ad_costs

    from tables

    group by property

),

-- an unlisted property works: everything about it has a default
described as (

    select
        -- keys
        presence.property,

        -- attributes
        coalesce(settings.time_zone, 'UTC') as time_zone,
        coalesce(settings.currency, 'EUR') as currency,
        presence.has_sessions,
        presence.has_tracking,
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
