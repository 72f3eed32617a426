-- Do new customers buy otherwise than those who signed up before?
--
-- One row per property and whether the sale was the sign-up, and month of signing up.

with

sales as (

    select
        *,
        cast(date_trunc('month', user_since) as date) as user_since_month
    from {{ ref('fct_sales') }}

),

final as (

    select
        -- keys
        property,
        is_first_signup,
        user_since_month,

        -- measures
        count(*) as sale_count,
        count(distinct visitor_id) as buyer_count,
        sum(quantity) as quantity_sold,
        {{ ratio('sum(quantity)', 'count(*)') }} as tickets_per_sale,
        {{ ratio('sum(revenue)', 'sum(quantity)') }} as mean_price,
        sum(revenue) as revenue

    from sales

    group by property, is_first_signup, user_since_month

)

select * from final
order by property asc, is_first_signup asc, user_since_month asc
