{#
    Which billed rows count, and at what in the property's currency.
#}

with

ad_costs as (

    select * from {{ ref('int_ad_costs_unioned') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

rates as (

    select * from {{ ref('int_exchange_rates') }}

),

exchanged as (

    select
        ad_costs.*,
        rates.rate,
        rates.own_rate,
        properties.currency as own_currency,
        {{ is_foreign('ad_costs.cost', 'ad_costs.currency', 'properties.currency') }}
            as is_foreign,
        {{ exchanged_amount('ad_costs.cost', 'rates.rate', 'rates.own_rate', 6) }}
            as exchanged_cost

    from ad_costs

    inner join properties
        on ad_costs.property = properties.property

    left join rates
        on ad_costs.property = rates.property
        and ad_costs.currency = rates.currency
        and ad_costs.cost_date = rates.rate_date

),

final as (

    select
        -- keys
        property,
        campaign_id,
        cost_date,

        -- attributes
        platform,
        is_clicks_unreadable,
        currency,

        -- measures
        case when is_foreign then exchanged_cost else cost end as cost,
        clicks,

        -- rejection
        {{ exchange_fault('exchanged_cost', 'cost_date') }} as rejection_reason,
        raw_table,
        raw_row

    from exchanged

)

select * from final
