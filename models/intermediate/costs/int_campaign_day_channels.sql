{#
    The sessions of each campaign and day by channel: the proportions in which the day's
    cost is shared.
#}

with

sessions as (

    select * from {{ ref('int_sessions') }}
    where campaign_id is not null

),

counted as (

    select
        -- keys
        property,
        campaign_id,
        session_date as cost_date,
        channel,

        -- measures
        count(*) as session_count,
        count(session_cost) as priced_session_count,
        cast(coalesce(sum(session_cost), 0) as decimal(18, 6)) as session_cost

    from sessions

    group by property, campaign_id, session_date, channel

)

select * from counted
