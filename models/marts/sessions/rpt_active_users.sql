with

sessions as (

    select * from {{ ref('fct_sessions') }}

),

-- a session counts in its day, its ISO week and its month, for its device and for all
periods as (

    {%- for period in ['day', 'week', 'month'] %}
    {%- for device in ["'(all)'", "coalesce(device, '(unknown)')"] %}
    select
        property,
        '{{ period }}' as period,
        cast(date_trunc('{{ period }}', session_date) as date) as period_start,
        {{ device }} as device,
        user_id
    from sessions
    {{- '\n\n    union all\n' if not (loop.last and period == 'month') }}
    {%- endfor %}
    {%- endfor %}

),

counted as (

    select
        property,
        period,
        period_start,
        device,
        count(distinct user_id) as active_users,
        count(*) as session_count

    from periods

    group by property, period, period_start, device

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
