-- Which visitors came through a partner first and directly later, and did they buy?
--
-- One row per property and visitor, by the day of the first direct visit. Revenue is
-- all that the visitor ever bought for.

with

sessions as (

    select * from {{ ref('fct_sessions') }}
    where user_id is not null and traffic_type is not null

),

first_visits as (

    select
        property,
        user_id,
        partner,
        started_at,
        row_number() over (
            partition by property, user_id
            order by started_at, session_id
        ) as visit_place
    from sessions
    where traffic_type = 'indirect'

),

direct_visits as (

    select
        property,
        user_id,
        min(started_at) as first_direct_at,
        count(*) as direct_session_count

    from sessions

    where traffic_type = 'direct'

    group by property, user_id

),

conversions as (

    select
        property,
        user_id,
        count(*) as conversion_count,
        sum(revenue) as revenue

    from {{ ref('fct_conversions') }}

    where is_counted

    group by property, user_id

),

final as (

    select
        -- keys
        first_visits.property,
        first_visits.user_id as visitor_id,

        -- attributes
        coalesce(first_visits.partner, '(unknown)') as first_partner,
        first_visits.started_at as first_indirect_at,
        direct_visits.first_direct_at,

        -- measures
        direct_visits.direct_session_count,
        coalesce(conversions.conversion_count, 0) as conversion_count,
        coalesce(conversions.revenue, 0) as revenue

    from first_visits

    inner join direct_visits
        on first_visits.property = direct_visits.property
        and first_visits.user_id = direct_visits.user_id
        and first_visits.started_at < direct_visits.first_direct_at

    left join conversions
        on first_visits.property = conversions.property
        and first_visits.user_id = conversions.user_id

    where first_visits.visit_place = 1

)

select * from final
order by property asc, first_direct_at asc, visitor_id asc
