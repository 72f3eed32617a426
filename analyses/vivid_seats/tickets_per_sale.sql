-- How many tickets does a sale have, and what do they cost?
--
-- One row per property and number of tickets.

with

sales as (

    select
        *,
        quantity as ticket_count
    from {{ ref('fct_sales') }}

),

final as (

    select
        -- keys
        property,
        ticket_count,

        -- measures
        min(unit_price) as lowest_price,
        max(unit_price) as highest_price,
        count(*) as sale_count,
        count(distinct visitor_id) as buyer_count,
        sum(quantity) as quantity_sold,
        {{ ratio('sum(quantity)', 'count(*)') }} as tickets_per_sale,
        {{ ratio('sum(revenue)', 'sum(quantity)') }} as mean_price,
        sum(revenue) as revenue

    from sales

    group by property, ticket_count

)

select * from final
order by property asc, ticket_count asc
