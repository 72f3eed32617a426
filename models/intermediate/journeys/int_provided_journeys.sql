with

journeys as (

    select * from {{ ref('int_provided_journeys_checked') }}

),

-- the weights of a conversion as the source delivered them, stray sessions included
delivered_weights as (

    select
        property,
        conversion_id,
        sum(coalesce(provided_weight, 0)) as delivered_weight

    from journeys

    group by property, conversion_id

),

kept as (

    select
        -- keys
        journeys.property,
        journeys.conversion_id,
        journeys.session_id,

        -- measures
        coalesce(journeys.provided_weight, 0) as provided_weight,
        delivered_weights.delivered_weight

    from journeys

    inner join delivered_weights
        on journeys.property = delivered_weights.property
        and journeys.conversion_id = delivered_weights.conversion_id

    where journeys.rejection_reason is null

)

select * from kept
