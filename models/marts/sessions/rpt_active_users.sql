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

final as (

    select
        -- keys
        property,
        period,
        period_start,
        device,

        -- measures
        count(distinct user_id) as active_users,
        count(*) as session_count

    from periods

    group by property, period, period_start, device

)

select * from final
