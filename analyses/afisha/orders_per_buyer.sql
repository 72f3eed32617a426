-- How many buyers order once, and how many again?
--
-- One row per property and number of orders, `(all)` buyers together first, then 1 to 4
-- and `5 or more`. Orders of nobody have no buyer and are not here. net_revenue is less
-- what was paid back. Buyers of the last weeks have had no time to order again.

with

buyers as (

    select
        *,
        case
            when conversion_count < 5 then cast(conversion_count as varchar)
            else '5 or more'
        end as order_number
    from {{ ref('dim_users') }}
    where conversion_count > 0

),

numbers as (

    select
        property,
        coalesce(order_number, '(all)') as orders_of_buyer,
        count(*) as buyer_count,
        sum(conversion_count) as order_count,
        sum(net_revenue) as net_revenue

    from buyers

    group by property, rollup(order_number)

),

totals as (

    select * from numbers
    where orders_of_buyer = '(all)'

),

final as (

    select
        -- keys
        numbers.property,
        numbers.orders_of_buyer,

        -- measures
        numbers.buyer_count,
        {{ ratio('numbers.buyer_count', 'totals.buyer_count') }} as buyer_share,
        numbers.order_count,
        {{ ratio('numbers.order_count', 'numbers.buyer_count') }} as orders_per_buyer,
        numbers.net_revenue,
        {{ ratio('numbers.net_revenue', 'totals.net_revenue') }} as net_revenue_share,
        {{ ratio('numbers.net_revenue', 'numbers.buyer_count') }}
            as net_revenue_per_buyer

    from numbers

    inner join totals
        on numbers.property = totals.property

)

select * from final
order by
    property asc,
    case when orders_of_buyer = '(all)' then 0 else 1 end asc,
    orders_of_buyer asc
