-- How many sessions are there a day, and how many has a user?
--
-- One row per property, month and device, `(all)` months and `(all)` devices first.
-- day_count are the days of the month between the first and the last session of the
-- property, days without sessions included. sessions_per_user are those of the month;
-- sessions_per_user_day are those of a user on a day on which the user came.
-- sessions_without_user are of nobody: they are in session_count and in
-- sessions_per_day, not in what a user has. Users are counted once in each row, so they
-- do not add up over months and devices.

with

sessions as (

    select
        *,
        cast(date_trunc('month', session_date) as date) as session_month,
        coalesce(device, '(unknown)') as known_device
    from {{ ref('fct_sessions') }}

),

months as (

    select
        property,
        session_month,
        coalesce(known_device, '(all)') as device,
        count(*) as session_count,
        count(user_id) as user_session_count,
        count(distinct user_id) as user_count,
        count(distinct user_id || ' ' || cast(session_date as varchar))
            as user_day_count

    from sessions

    group by property, cube(session_month, known_device)

),

session_days as (

    select
        property,
        min(session_date) as first_date,
        max(session_date) as last_date
    from sessions
    group by property

),

dated as (

    select
        months.*,
        case
            when months.session_month is null
                then session_days.last_date - session_days.first_date + 1
            else
                least(last_day(months.session_month), session_days.last_date)
                - greatest(months.session_month, session_days.first_date) + 1
        end as day_count

    from months

    inner join session_days
        on months.property = session_days.property

),

final as (

    select
        -- keys
        property,
        coalesce(cast(session_month as varchar), '(all)') as session_month,
        device,

        -- measures
        day_count,
        session_count,
        {{ ratio('session_count', 'day_count') }} as sessions_per_day,
        session_count - user_session_count as sessions_without_user,
        user_count,
        {{ ratio('user_session_count', 'user_count') }} as sessions_per_user,
        {{ ratio('user_session_count', 'user_day_count') }} as sessions_per_user_day

    from dated

)

select * from final
order by
    property asc,
    case when session_month = '(all)' then 0 else 1 end asc,
    session_month asc,
    case when device = '(all)' then 0 else 1 end asc,
    device asc
