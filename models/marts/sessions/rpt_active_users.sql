{% set periods = ['day', 'week', 'month'] %}

with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

known_devices as {{ inlined() }} (

    select
        property,
        user_id,
        session_date,
        coalesce(device, '(unknown)') as device

    from sessions

),

-- where there is one device it is all of them, and nothing has to be counted twice
properties_of_devices as (

    select property

    from known_devices

    group by property

    having min(device) < max(device)

),

-- a session counts in its day, its ISO week and its month, for its device and for all
sessions_by_device as {{ inlined() }} (

    select * from known_devices

    union all

    select
        known_devices.property,
        known_devices.user_id,
        known_devices.session_date,
        '(all)' as device

    from known_devices

    inner join properties_of_devices
        on known_devices.property = properties_of_devices.property

),

-- one large sum instead of six: a user's days are few, and hold all weeks and months
days_by_user as (

    select
        property,
        user_id,
        device,
        {{ distinct_values('session_date') }} as active_days

    from sessions_by_device

    where user_id is not null

    group by property, user_id, device

),

active_periods as (

    {%- for period in periods %}
    select
        property,
        '{{ period }}' as period,
        {{ rows_of_list(distinct_periods('active_days', period)) }} as period_start,
        device
    from days_by_user
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

users_counted as (

    select
        property,
        period,
        period_start,
        device,
        count(*) as active_users

    from active_periods

    group by property, period, period_start, device

),

session_days as (

    select
        property,
        session_date,
        device,
        count(*) as session_count

    from sessions_by_device

    group by property, session_date, device

),

session_periods as (

    {%- for period in periods %}
    select
        property,
        '{{ period }}' as period,
        cast(date_trunc('{{ period }}', session_date) as date) as period_start,
        device,
        session_count
    from session_days
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

sessions_counted as (

    select
        property,
        period,
        period_start,
        device,
        sum(session_count) as session_count

    from session_periods

    group by property, period, period_start, device

),

-- a period in which nobody has a name has sessions and no users
counted_by_device as (

    select
        sessions_counted.property,
        sessions_counted.period,
        sessions_counted.period_start,
        sessions_counted.device,
        coalesce(users_counted.active_users, 0) as active_users,
        cast(sessions_counted.session_count as bigint) as session_count

    from sessions_counted

    left join users_counted
        on sessions_counted.property = users_counted.property
        and sessions_counted.period = users_counted.period
        and sessions_counted.period_start = users_counted.period_start
        and sessions_counted.device = users_counted.device

),

counted as (

    select * from counted_by_device

    union all

    select
        counted_by_device.property,
        counted_by_device.period,
        counted_by_device.period_start,
        '(all)' as device,
        counted_by_device.active_users,
        counted_by_device.session_count

    from counted_by_device

    left join properties_of_devices
        on counted_by_device.property = properties_of_devices.property

    where properties_of_devices.property is null

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
