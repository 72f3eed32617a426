with

properties as (

    select * from {{ ref('int_properties') }}

),

attribution_models (attribution_model) as (

    values
    {%- for model in attribution_models() %}
    ('{{ model.name }}'){{ ',' if not loop.last }}
    {%- endfor %}

),

-- the source's own weights exist only where the source brings journeys
computed as (

    select
        properties.property,
        attribution_models.attribution_model

    from properties

    cross join attribution_models

    where
        attribution_models.attribution_model != 'provided'
        or properties.has_provided_journeys

)

select * from computed
