{#
    Which tracked rows count, and at what in the property's currency. Whoever does not
    count is told by the books, and where they name nobody by tracking.
#}

with

conversions as (

    select * from {{ ref('int_tracked_conversions_unioned') }}

),

backend as (

    select * from {{ ref('int_backend_conversions_checked') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

rates as (

    select * from {{ ref('int_exchange_rates') }}

),

excluded_users as (

    select * from {{ ref('int_excluded_users') }}

),

-- what the books say of who it was
booked as (

    select
        property,
        conversion_id,
        max(case when rejection_reason is null then user_id end) as user_id,
        min(
            case when rejection_reason like 'excluded user: %' then rejection_reason end
        ) as excluded_reason,
        bool_or(rejection_reason is null) as is_kept

    from backend

    group by property, conversion_id

),

exchanged as (

    select
        conversions.*,
        {{ is_foreign(
            'conversions.revenue', 'conversions.currency', 'properties.currency'
        ) }} as is_foreign,
        case
            when {{ is_foreign(
                'conversions.revenue', 'conversions.currency', 'properties.currency'
            ) }}
                then {{ exchanged_amount(
                    'conversions.revenue', 'rates.rate', 'rates.own_rate', 2
                ) }}
        end as exchanged_revenue,
        case
            when booked.user_id is not null then null
            when booked.excluded_reason is not null and not booked.is_kept
                then booked.excluded_reason
            else excluded_users.rejection_reason
        end as excluded_reason,
        rates.rate,
        rates.own_rate,
        properties.currency as own_currency

    from conversions

    inner join properties
        on conversions.property = properties.property

    left join booked
        on conversions.property = booked.property
        and conversions.conversion_id = booked.conversion_id

    left join rates
        on conversions.property = rates.property
        and conversions.currency = rates.currency
        and conversions.conversion_date = rates.rate_date

    left join excluded_users
        on conversions.property = excluded_users.property
        and conversions.user_id = excluded_users.user_id

),

final as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        converted_at_local,
        converted_at,
        cancelled_at,
        cancellation_date,

        -- attributes
        market,
        currency,

        -- measures
        revenue as raw_revenue,
        case when is_foreign then exchanged_revenue else revenue end as revenue,

        -- rejection
        coalesce(
            excluded_reason,
            {{ exchange_fault('exchanged_revenue', 'conversion_date') }}
        ) as rejection_reason,
        raw_table,
        raw_row

    from exchanged

)

select * from final
