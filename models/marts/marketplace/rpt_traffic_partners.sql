{#
    Partners and own traffic of the properties that tell them apart. A conversion is
    credited to its last touch, whichever attribution models are computed.
#}

with

properties as (

    select property
    from {{ ref('int_sessions') }}
    where traffic_type is not null
    group by property

),

sessions as (

    select
        *,
        coalesce(traffic_type, '(unknown)') as report_traffic_type,
        case
            when traffic_type = 'direct' then '(direct)'
            else coalesce(partner, '(unknown)')
        end as report_partner
    from {{ ref('int_sessions') }}
    where property in (select properties.property from properties)

),

conversions as (

    select * from {{ ref('int_conversions') }}
    where is_counted and property in (select properties.property from properties)

),

last_touches as (

    select
        property,
        conversion_id,
        session_id
    from {{ ref('int_touchpoints') }}
    where
        touch_number = touch_count
        and property in (select properties.property from properties)

),

buyers as (

    select
        property,
        user_id

    from conversions

    where user_id is not null

    group by property, user_id

),

visitors as (

    select
        property,
        report_partner,
        report_traffic_type,
        user_id,
        count(*) as session_count,
        sum(case when is_bounce then 1 else 0 end) as bounce_count,
        count(is_bounce) as judged_session_count

    from sessions

    group by property, report_partner, report_traffic_type, user_id

),

visited as (

    select
        visitors.property,
        visitors.report_partner as partner,
        visitors.report_traffic_type as traffic_type,
        count(visitors.user_id) as visitor_count,
        sum(visitors.session_count) as session_count,
        sum(visitors.bounce_count) as bounce_count,
        sum(visitors.judged_session_count) as judged_session_count,
        sum(
            case
                when visitors.user_id is not null and buyers.user_id is null then 1
                else 0
            end
        ) as non_buyer_count,
        sum(
            case
                when visitors.user_id is not null and visitors.session_count > 1 then 1
                else 0
            end
        ) as returning_visitor_count,
        0 as conversion_count,
        0 as revenue

    from visitors

    left join buyers
        on visitors.property = buyers.property
        and visitors.user_id = buyers.user_id

    group by
        visitors.property,
        visitors.report_partner,
        visitors.report_traffic_type

),

-- what no visit led to keeps its row
placed as (

    select
        conversions.property,
        coalesce(sessions.report_partner, '(no touchpoint)') as partner,
        coalesce(sessions.report_traffic_type, '(no touchpoint)') as traffic_type,
        {{ credit_revenue('conversions.') }} as revenue

    from conversions

    left join last_touches
        on conversions.property = last_touches.property
        and conversions.conversion_id = last_touches.conversion_id

    left join sessions
        on last_touches.property = sessions.property
        and last_touches.session_id = sessions.session_id

),

converted as (

    select
        property,
        partner,
        traffic_type,
        0 as visitor_count,
        0 as session_count,
        0 as bounce_count,
        0 as judged_session_count,
        0 as non_buyer_count,
        0 as returning_visitor_count,
        count(*) as conversion_count,
        sum(revenue) as revenue

    from placed

    group by property, partner, traffic_type

),

both_sides as (

    select * from visited
    union all
    select * from converted

),

final as (

    select
        -- keys
        property,
        partner,
        traffic_type,

        -- measures
        cast(sum(visitor_count) as bigint) as visitor_count,
        cast(sum(session_count) as bigint) as session_count,
        cast(sum(bounce_count) as bigint) as bounce_count,
        cast(sum(judged_session_count) as bigint) as judged_session_count,
        cast(sum(non_buyer_count) as bigint) as non_buyer_count,
        cast(sum(returning_visitor_count) as bigint)
            as returning_visitor_count,
        cast(sum(conversion_count) as bigint) as conversion_count,
        cast(sum(revenue) as decimal(18, 2)) as revenue

    from both_sides

    group by property, partner, traffic_type

)

select * from final
