-- On which days and at which hours do customers buy?
--
-- One row per property and day and hour of the sale (both UTC).

with

sales as (

    select
        property,
        visitor_id,
        cast(sold_at as date) as sale_date,
        extract('hour' from sold_at) as sold_hour,
        quantity,
        revenue
    from {{ ref('fct_sales') }}

),

final as (

    select
        -- keys
        property,
        sale_date,
        sold_hour,

        -- measures
        count(*) as sale_count,
        count(distinct visitor_id) as buyer_count,
        sum(quantity) as quantity_sold,
        {{ ratio('sum(quantity)', 'count(*)') }} as tickets_per_sale,
        {{ ratio('sum(revenue)', 'sum(quantity)') }} as mean_price,
        sum(revenue) as revenue

    from sales

    group by property, sale_date, sold_hour

)

select * from final
order by property asc, sale_date asc, sold_hour asc
