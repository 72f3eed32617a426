{#
    Which billed rows count, and at what in the property's currency. No row can be added
    to more than a column of the marts holds: where a property's costs are more than that
    together, those above its even part are refused, and what is left fits.
#}

-- half of what decimal(18, 6) holds: costs of ads and of sessions stand in one column
{% set most = 500000000000 %}

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

priced as (

    select
        property,
        campaign_id,
        cost_date,
        platform,
        is_clicks_unreadable,
        case when is_foreign then exchanged_cost else cost end as cost,
        clicks,
        {{ exchange_fault('exchanged_cost', 'cost_date') }} as exchange_fault,
        raw_table,
        raw_row

    from exchanged

),

totalled as (

    select
        *,
        sum(abs(cost)) over (partition by property) as total_cost,
        count(cost) over (partition by property) as cost_count

    from priced

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

        -- measures
        cost,
        clicks,

        -- rejection
        case
            when exchange_fault is not null then exchange_fault
            when total_cost > {{ most }} and abs(cost) * cost_count > {{ most }}
                then 'cost is too large to add up'
        end as rejection_reason,
        raw_table,
        raw_row

    from totalled

)

select * from final
