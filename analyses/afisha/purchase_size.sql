-- How large is an average purchase, overall, over time and by device?
--
-- One row per property, month and device, `(all)` months and `(all)` devices first.
-- average_purchase is revenue / order_count, before refunds; orders of nothing count.
-- median_purchase is what half of the orders do not exceed: where it is far below the
-- average, a few large orders make the average. device is that of the buyer's last
-- session before the order, `(unknown)` where there is none.

with

orders as (

    select
        *,
        cast(date_trunc('month', conversion_date) as date) as conversion_month,
        coalesce(device, '(unknown)') as known_device
    from {{ ref('fct_conversions') }}
    where is_counted

),

months as (

    select
        property,
        coalesce(cast(conversion_month as varchar), '(all)') as order_month,
        coalesce(known_device, '(all)') as device,
        count(*) as order_count,
        sum(revenue) as revenue,
        median(cast(revenue as double)) as median_revenue,
        max(revenue) as largest_purchase

    from orders

    group by property, cube(conversion_month, known_device)

),

final as (

    select
        -- keys
        property,
        order_month,
        device,

        -- measures
        order_count,
        revenue,
        {{ ratio('revenue', 'order_count') }} as average_purchase,
        round(median_revenue, 9) as median_purchase,
        largest_purchase

    from months

)

select * from final
order by
    property asc,
    case when order_month = '(all)' then 0 else 1 end asc,
    order_month asc,
    case when device = '(all)' then 0 else 1 end asc,
    device asc
