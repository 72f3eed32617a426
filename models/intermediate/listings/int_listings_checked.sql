{#
    Which listings count, each once, and at what price in the property's currency: at the
    rate of the day they were begun.
#}

with

listings as (

    select * from {{ ref('int_listings_unioned') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

rates as (

    select * from {{ ref('int_exchange_rates') }}

),

placed as (

    select
        listings.*,
        properties.currency as own_currency,
        {{ is_foreign('listings.price', 'listings.currency', 'properties.currency') }}
            as is_foreign,
        case
            when listings.currency is not null
                then cast(
                    {{ to_local('listings.created_at', 'properties.time_zone') }}
                    as date
                )
        end as created_date

    from listings

    inner join properties
        on listings.property = properties.property

),

exchanged as (

    select
        placed.*,
        rates.rate,
        rates.own_rate,
        {{ exchanged_amount('placed.price', 'rates.rate', 'rates.own_rate', 2) }}
            as exchanged_price

    from placed

    left join rates
        on placed.property = rates.property
        and placed.currency = rates.currency
        and placed.created_date = rates.rate_date

),

judged as (

    select
        *,
        case
            when is_repeated then 'listing_id is repeated'
            else {{ exchange_fault('exchanged_price', 'created_date') }}
        end as rejection_reason

    from exchanged

),

final as (

    select
        {{ all_but([
            'price', 'is_foreign', 'own_currency', 'created_date', 'rate', 'own_rate',
            'exchanged_price', 'is_repeated'
        ]) }},
        case when is_foreign then exchanged_price else price end as price,
        case
            when rejection_reason is not null
                then {{ struct_as_json(row_as_struct({
                    'listing_id': 'listing_id',
                    'seller_id': 'seller_id',
                    'created_at': 'coalesce(created_at, created_at_local)',
                    'price': 'price',
                    'currency': 'currency',
                })) }}
        end as raw_row

    from judged

)

select * from final
