with

sessions as {{ inlined() }} (

    select
        *,
        coalesce(device, '(unknown)') as known_device,
        coalesce(market, '(unknown)') as known_market
    from {{ ref('fct_sessions') }}

),

summed as (

    select
        property,
        session_date,
        channel,
        known_device,
        known_market,
        count(*) as session_count,
        count(user_id) as user_session_count,
        sum(case when is_bounce then 1 else 0 end) as bounce_count,
        count(is_bounce) as judged_session_count,
        coalesce(sum(duration_seconds), 0) as duration_seconds_sum,
        count(duration_seconds) as timed_session_count,
        coalesce(sum(session_cost), 0) as session_cost

    from sessions

    group by property, session_date, channel, known_device, known_market

),

-- the days of a user with several sessions: only there can a user be met again, and to
-- look for users on all days would take twice as long
days_of_several as (

    select
        property,
        user_id,
        session_date

    from {{ ref('int_sessions') }}

    where not {{ is_first_in('day') }}

    group by property, user_id, session_date

),

met_again as (

    select
        sessions.property,
        sessions.session_date,
        sessions.channel,
        sessions.known_device,
        sessions.known_market,
        count(*) - count(distinct sessions.user_id) as session_count

    from sessions

    inner join days_of_several
        on sessions.property = days_of_several.property
        and sessions.user_id = days_of_several.user_id
        and sessions.session_date = days_of_several.session_date

    group by
        sessions.property,
        sessions.session_date,
        sessions.channel,
        sessions.known_device,
        sessions.known_market

),

final as (

    select
        -- keys
        summed.property,
        summed.session_date,
        summed.channel,
        summed.known_device as device,
        summed.known_market as market,

        -- measures
        summed.session_count,
        summed.user_session_count - coalesce(met_again.session_count, 0) as user_count,
        cast(summed.bounce_count as bigint) as bounce_count,
        summed.judged_session_count,
        -- many sessions without an end can be said to end in 2099
        cast(summed.duration_seconds_sum as decimal(38, 6)) as duration_seconds_sum,
        summed.timed_session_count,
        cast(summed.session_cost as decimal(18, 6)) as session_cost

    from summed

    left join met_again
        on summed.property = met_again.property
        and summed.session_date = met_again.session_date
        and summed.channel = met_again.channel
        and summed.known_device = met_again.known_device
        and summed.known_market = met_again.known_market

)

select * from final
