{% set periods = ['day', 'week', 'month'] %}

with

sessions as (

    select * from {{ ref('int_sessions') }}

),

known_devices as {{ inlined() }} (

    select
        property,
        user_id,
        session_date,
        previous_session_date,
        coalesce(device, '(unknown)') as device

    from sessions

),

devices as (

    select
        property,
        min(device) as device,
        min(device) < max(device) as is_one_of_several

    from known_devices

    group by property

),

-- the day before is of the same user and, where it is told by device, the same device
visits as {{ inlined() }} (

    select
        property,
        '(all)' as device,
        user_id is not null as is_of_user,
        session_date,
        previous_session_date
    from known_devices

    union all

    select
        known_devices.property,
        known_devices.device,
        known_devices.user_id is not null as is_of_user,
        known_devices.session_date,
        lag(known_devices.session_date) over (
            partition by
                known_devices.property, known_devices.device, known_devices.user_id
            order by known_devices.session_date
        ) as previous_session_date
    from known_devices
    inner join devices
        on known_devices.property = devices.property
    where devices.is_one_of_several

),

-- pairs of days are few: what follows reads a row for each, not one for each session
day_pairs as (

    select
        property,
        device,
        is_of_user,
        session_date,
        previous_session_date,
        count(*) as session_count

    from visits

    group by property, device, is_of_user, session_date, previous_session_date

),

-- a session counts in its day, its ISO week and its month
periods_of_pairs as (

    {%- for period in periods %}
    select
        property,
        '{{ period }}' as period,
        cast(date_trunc('{{ period }}', session_date) as date) as period_start,
        device,
        is_of_user and {{ is_first_in(period) }} as is_first,
        session_count
    from day_pairs
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

periods_counted as (

    select
        property,
        period,
        period_start,
        device,
        cast(sum(case when is_first then session_count else 0 end) as bigint)
            as active_users,
        cast(sum(session_count) as bigint) as session_count

    from periods_of_pairs

    group by property, period, period_start, device

),

-- where there is one device, it is all of them
counted as (

    select * from periods_counted

    union all

    select
        periods_counted.property,
        periods_counted.period,
        periods_counted.period_start,
        devices.device,
        periods_counted.active_users,
        periods_counted.session_count

    from periods_counted

    inner join devices
        on periods_counted.property = devices.property

    where not devices.is_one_of_several

),

days as (

    select * from counted
    where period = 'day'

),

data_ranges as (

    select
        property,
        min(period_start) as first_date,
        max(period_start) as last_date

    from days

    group by property

),

days_of_periods as (

    {%- for period in ['week', 'month'] %}
    select
        property,
        '{{ period }}' as period,
        cast(date_trunc('{{ period }}', period_start) as date) as period_start,
        device,
        active_users
    from days
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

summed as (

    select
        property,
        period,
        period_start,
        device,
        sum(active_users) as active_users_sum

    from days_of_periods

    group by property, period, period_start, device

),

bounded as (

    select
        *,
        case
            when period = 'week'
                then cast({{ dbt.dateadd('day', 6, 'period_start') }} as date)
            when period = 'month' then last_day(period_start)
        end as period_end

    from counted

),

-- the first and the last period may reach beyond the data: those days do not count
measured as (

    select
        bounded.*,
        summed.active_users_sum,
        {{ dbt.datediff(
            'greatest(bounded.period_start, data_ranges.first_date)',
            'least(bounded.period_end, data_ranges.last_date)',
            'day'
        ) }} + 1 as day_count

    from bounded

    inner join data_ranges
        on bounded.property = data_ranges.property

    left join summed
        on bounded.property = summed.property
        and bounded.period = summed.period
        and bounded.period_start = summed.period_start
        and bounded.device = summed.device

),

final as (

    select
        -- keys
        property,
        period,
        period_start,
        device,

        -- measures
        active_users,
        session_count,
        {{ ratio('active_users_sum', 'day_count') }} as daily_active_users_mean,
        {{ ratio('active_users_sum', 'day_count * active_users') }} as stickiness

    from measured

)

select * from final
