-- Where do the customers come from?
--
-- One row per property and country and city of the buyer, by revenue.

with

sales as (

    select
        *,
        coalesce(country, '(unknown)') as buyer_country,
        coalesce(city, '(unknown)') as buyer_city
    from {{ ref('fct_sales') }}

),

final as (

    select
        -- keys
        property,
        buyer_country,
        buyer_city,

        -- measures
        count(*) as sale_count,
        count(distinct visitor_id) as buyer_count,
        sum(quantity) as quantity_sold,
        {{ ratio('sum(quantity)', 'count(*)') }} as tickets_per_sale,
        {{ ratio('sum(revenue)', 'sum(quantity)') }} as mean_price,
        sum(revenue) as revenue

    from sales

    group by property, buyer_country, buyer_city

)

select * from final
order by property asc, revenue desc, buyer_country asc, buyer_city asc
