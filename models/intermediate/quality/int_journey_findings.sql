{#
    Conversions whose journey is missing or odd, and buyers who were never seen to visit.
#}

with

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted

),

properties as (

    select * from {{ ref('int_properties') }}

),

touchpoints as (

    select * from {{ ref('int_touchpoints') }}

),

users as (

    select * from {{ ref('int_session_users') }}

),

provided_journeys as (

    select * from {{ ref('int_provided_journeys') }}

),

without_touchpoint as (

    select
        conversions.property,
        'conversion_without_touchpoint' as check_name,
        conversions.conversion_id as finding_key,
        conversions.revenue as amount

    from conversions

    inner join properties
        on conversions.property = properties.property
        and properties.has_sessions

    left join touchpoints
        on conversions.conversion_key = touchpoints.conversion_key
        and touchpoints.touch_number = 1

    where touchpoints.conversion_key is null

),

without_user as (

    select
        property,
        'conversion_without_user' as check_name,
        conversion_id as finding_key,
        revenue as amount

    from conversions

    where user_id is null

),

-- float noise is no deviation: what counts is beyond var `max_weight_deviation`
weights_off as (

    select
        property,
        'provided_weights_off' as check_name,
        conversion_id as finding_key,
        cast(abs(max(delivered_weight) - 1) as decimal(38, 6)) as amount

    from provided_journeys

    group by property, conversion_id

    having abs(max(delivered_weight) - 1) > {{ var('max_weight_deviation') }}

),

after_conversion as (

    select
        property,
        'touch_after_conversion' as check_name,
        conversion_id || '|' || session_id as finding_key,
        0 as amount

    from touchpoints

    where is_after_conversion

),

across_users as (

    select
        property,
        'journey_crosses_users' as check_name,
        conversion_id || '|' || session_id as finding_key,
        0 as amount

    from touchpoints

    where is_other_user

),

user_conversions as (

    select
        conversions.property,
        conversions.user_id,
        conversions.converted_at,
        conversions.revenue,
        users.first_session_at

    from conversions

    inner join properties
        on conversions.property = properties.property
        and properties.has_sessions

    left join users
        on conversions.property = users.property
        and conversions.user_id = users.user_id

    where conversions.user_id is not null

),

-- they stand under (no session) in every report on customers
without_session as (

    select
        property,
        'buyer_without_session' as check_name,
        user_id as finding_key,
        cast(sum(revenue) as decimal(38, 6)) as amount

    from user_conversions

    where first_session_at is null

    group by property, user_id

),

before_session as (

    select
        property,
        'conversion_before_first_session' as check_name,
        user_id as finding_key,
        cast(sum(revenue) as decimal(38, 6)) as amount

    from user_conversions

    where converted_at < first_session_at

    group by property, user_id

),

-- sums are cast above: beside one of 38 digits all amounts would be cut to cents
findings as (

    select * from without_touchpoint
    union all
    select * from without_user
    union all
    select * from weights_off
    union all
    select * from after_conversion
    union all
    select * from across_users
    union all
    select * from without_session
    union all
    select * from before_session

),

final as (

    select
        property,
        check_name,
        finding_key,
        1 as row_count,
        cast(amount as decimal(38, 6)) as amount

    from findings

)

select * from final
