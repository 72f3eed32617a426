{#
    In how many conversions each channel had a part. A channel takes part once, however
    often it was touched.
#}

with

journeys as (

    select * from {{ ref('int_journeys') }}

),

touchpoints as (

    select * from {{ ref('int_touchpoints') }}

),

touched_channels as (

    select
        property,
        conversion_id,
        channel

    from touchpoints

    group by property, conversion_id, channel

),

placed as (

    select
        journeys.property,
        coalesce(touched_channels.channel, '(no touchpoint)') as channel,
        journeys.revenue

    from journeys

    left join touched_channels
        on journeys.property = touched_channels.property
        and journeys.conversion_id = touched_channels.conversion_id

),

counted as (

    select
        -- keys
        property,
        channel,

        -- measures
        count(*) as participating_conversions,
        sum(revenue) as participating_revenue

    from placed

    group by property, channel

)

select * from counted
