with

conversions as (

    select
        property,
        conversion_date,
        coalesce(device, '(unknown)') as device,
        user_id,
        revenue
    from {{ ref('fct_conversions') }}
    where is_counted

),

-- an order counts in its day, its ISO week and its month, for its device and for all
periods as (

    {%- for period in ['day', 'week', 'month'] %}
    {%- for device in ["'(all)'", "device"] %}
    select
        property,
        '{{ period }}' as period,
        cast(date_trunc('{{ period }}', conversion_date) as date) as period_start,
        {{ device }} as device,
        user_id,
        revenue
    from conversions
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
        count(*) as order_count,
        count(distinct user_id) as buyer_count,
        sum(revenue) as revenue

    from periods

    group by property, period, period_start, device

),

final as (

    select
        -- keys
        property,
        period,
        period_start,
        device,

        -- measures
        order_count,
        buyer_count,
        cast(revenue as decimal(18, 2)) as revenue,
        {{ ratio('revenue', 'order_count') }} as average_order_value

    from counted

)

select * from final
