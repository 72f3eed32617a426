-- On which days and at which hours do customers buy?
--
-- One row per property and day and hour of the sale, both on the property's own clock.

with

sales as (

    select * from {{ ref('fct_sales') }}

),

-- published beside the marts
properties as (

    select * from meta.properties

),

timed as (

    select
        sales.property,
        sales.visitor_id,
        sales.sale_date,
        extract('hour' from {{ to_local('sales.sold_at', 'properties.time_zone') }})
            as sold_hour,
        sales.quantity,
        sales.revenue

    from sales

    left join properties
        on sales.property = properties.property

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

    from timed

    group by property, sale_date, sold_hour

)

select * from final
order by property asc, sale_date asc, sold_hour asc
