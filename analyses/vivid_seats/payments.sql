-- How do customers pay, and who uses a promotion?
--
-- One row per property and payment method and use of a promotion, by revenue.

with

sales as (

    select
        *,
        coalesce(payment_method, '(unknown)') as paid_by
    from {{ ref('fct_sales') }}

),

final as (

    select
        -- keys
        property,
        paid_by,
        is_promo_used,

        -- measures
        count(*) as sale_count,
        count(distinct visitor_id) as buyer_count,
        sum(quantity) as quantity_sold,
        {{ ratio('sum(quantity)', 'count(*)') }} as tickets_per_sale,
        {{ ratio('sum(revenue)', 'sum(quantity)') }} as mean_price,
        sum(revenue) as revenue

    from sales

    group by property, paid_by, is_promo_used

)

select * from final
order by property asc, revenue desc, paid_by asc, is_promo_used asc
