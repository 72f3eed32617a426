-- How does the number of people who use it change over time?
--
-- One row per property, period (day, week, month) and its first day, all devices
-- together. stickiness is the mean day over the period: DAU/WAU for a week, DAU/MAU for
-- a month, empty for a day. is_whole is false where the sessions begin or end inside
-- the period: compare only whole ones. A period without sessions has no row.

with

active_users as (

    select * from {{ ref('rpt_active_users') }}
    where device = '(all)'

),

session_days as (

    select
        property,
        min(period_start) as first_date,
        max(period_start) as last_date
    from active_users
    where period = 'day'
    group by property

),

periods as (

    select
        active_users.*,
        case active_users.period
            when 'day' then active_users.period_start
            when 'week' then active_users.period_start + 6
            else last_day(active_users.period_start)
        end as period_end,
        session_days.first_date,
        session_days.last_date

    from active_users

    inner join session_days
        on active_users.property = session_days.property

),

final as (

    select
        -- keys
        property,
        period,
        period_start,

        -- attributes
        period_start >= first_date and period_end <= last_date as is_whole,

        -- measures
        active_users,
        session_count,
        daily_active_users_mean,
        stickiness

    from periods

)

select * from final
order by
    property asc,
    case period when 'day' then 1 when 'week' then 2 else 3 end asc,
    period_start asc
