{#
    In how many conversions each channel had a part. A channel takes part once, however
    often it was touched.
#}

with

journeys as (

    select * from {{ ref('int_journeys') }}

),

touched as (

    select
        property,
        {{ rows_of_list(distinct_list('channels')) }} as channel,
        revenue

    from journeys

),

untouched as (

    select
        property,
        '(no touchpoint)' as channel,
        revenue

    from journeys

    where channels is null

),

participations as (

    select * from touched
    union all
    select * from untouched

),

counted as (

    select
        -- keys
        property,
        channel,

        -- measures
        count(*) as participating_conversions,
        sum(revenue) as participating_revenue

    from participations

    group by property, channel

)

select * from counted
