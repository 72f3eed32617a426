-- How many people use it by day, week and month, and how sticky is it?
--
-- One row per property, period (day, week, month) and device, `(all)` devices first.
-- Only whole periods count: the first and last week and month of any data are seldom
-- whole, and would pull the mean down. A period in which nobody came counts as 0.
-- active_users are people with a session in the period: somebody with two devices
-- counts in both and once in `(all)`. stickiness is daily_active_users_mean /
-- active_users_mean, DAU/WAU and DAU/MAU: 0.14 for a week means that its people came on
-- 1 day of 7. Sessions of nobody are in no count of people. The series is in
-- active_users_over_time.

with

active_users as (

    select * from {{ ref('rpt_active_users') }}

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

-- how many whole periods there are, whether anybody came or not
lengths as (

    select
        property,
        'day' as period,
        first_date,
        last_date,
        last_date - first_date + 1 as period_count
    from session_days

    union all

    select
        property,
        'week' as period,
        first_date,
        last_date,
        -- from the first Monday on
        greatest(
            last_date + 1 - cast(date_trunc('week', first_date + 6) as date), 0
        ) // 7 as period_count
    from session_days

    union all

    select
        property,
        'month' as period,
        first_date,
        last_date,
        greatest(
            {{ months_since('first_date', 'last_date + 1') }}
            - case when extract(day from first_date) > 1 then 1 else 0 end,
            0
        ) as period_count
    from session_days

),

periods as (

    select
        active_users.property,
        active_users.period,
        active_users.device,
        lengths.period_count,
        count(*) as busy_period_count,
        sum(active_users.active_users) as active_users,
        min(active_users.active_users) as fewest_active_users,
        max(active_users.active_users) as most_active_users,
        sum(cast(active_users.daily_active_users_mean as decimal(28, 9)))
            as daily_active_users

    from active_users

    inner join lengths
        on active_users.property = lengths.property
        and active_users.period = lengths.period

    where
        active_users.period_start >= lengths.first_date
        and case active_users.period
            when 'day' then active_users.period_start
            when 'week' then active_users.period_start + 6
            else last_day(active_users.period_start)
        end <= lengths.last_date

    group by
        active_users.property,
        active_users.period,
        active_users.device,
        lengths.period_count

),

final as (

    select
        -- keys
        property,
        period,
        device,

        -- measures
        period_count,
        period_count - busy_period_count as periods_without_users,
        {{ ratio('active_users', 'period_count') }} as active_users_mean,
        case when busy_period_count < period_count then 0 else fewest_active_users end
            as active_users_fewest,
        most_active_users as active_users_most,
        {{ ratio('daily_active_users', 'period_count') }} as daily_active_users_mean,
        {{ ratio('daily_active_users', 'active_users') }} as stickiness

    from periods

)

select * from final
order by
    property asc,
    case period when 'day' then 1 when 'week' then 2 else 3 end asc,
    case when device = '(all)' then 0 else 1 end asc,
    device asc
