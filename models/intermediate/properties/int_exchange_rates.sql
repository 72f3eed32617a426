{#
    The rate that holds on each day: the day's own, else the last one that is not older
    than var `max_exchange_rate_age_days`. Where the property's own currency is listed,
    rates are worths in a third currency, and own_rate is what the property's is worth.
#}

with

published as (

    select
        upper(trim(currency)) as currency,
        date as published_date,
        rate
    from {{ ref('exchange_rates') }}
    where rate > 0

),

properties as (

    select * from {{ ref('int_properties') }}

),

followed as (

    select
        *,
        lead(published_date) over (
            partition by currency
            order by published_date, rate
        ) as next_date

    from published

),

ranges as (

    select
        currency,
        rate,
        published_date,
        least(
            {{ date_after('published_date', var('max_exchange_rate_age_days')) }},
            {{ date_after("coalesce(next_date, date '2100-01-01')", -1) }}
        ) as last_date

    from followed

),

days as (

    select
        currency,
        {{ days_in_range('published_date', 'last_date') }} as rate_date,
        rate

    from ranges

    where last_date >= published_date

),

listed_currencies as (

    select currency
    from published
    group by currency

),

final as (

    select
        -- keys
        properties.property,
        days.currency,
        days.rate_date,

        -- measures
        days.rate,
        case
            when listed_currencies.currency is null then cast(1 as decimal(20, 10))
            else own_days.rate
        end as own_rate

    from days

    inner join properties
        on days.currency != properties.currency

    left join listed_currencies
        on properties.currency = listed_currencies.currency

    left join days as own_days
        on properties.currency = own_days.currency
        and days.rate_date = own_days.rate_date

)

select * from final
