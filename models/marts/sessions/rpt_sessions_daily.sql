with

sessions as (

    select
        *,
        coalesce(device, '(unknown)') as known_device,
        coalesce(market, '(unknown)') as known_market
    from {{ ref('fct_sessions') }}

),

final as (

    select
        -- keys
        property,
        session_date,
        channel,
        known_device as device,
        known_market as market,

        -- measures
        count(*) as session_count,
        count(distinct user_id) as user_count,
        cast(sum(case when is_bounce then 1 else 0 end) as bigint) as bounce_count,
        cast(coalesce(sum(duration_seconds), 0) as decimal(18, 6))
            as duration_seconds_sum,
        count(duration_seconds) as timed_session_count,
        cast(coalesce(sum(session_cost), 0) as decimal(18, 6)) as session_cost

    from sessions

    group by property, session_date, channel, known_device, known_market

)

select * from final
