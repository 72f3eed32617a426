{#
    Which booked rows count, and at what in the property's currency. Whoever does not
    count is told by the books, and where they name nobody by tracking.
#}

with

conversions as (

    select * from {{ ref('int_backend_conversions_unioned') }}

),

tracked as (

    select * from {{ ref('int_tracked_conversions_unioned') }}

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

-- excluded users are named here again: a step that a view reads twice is held, and with
-- it all columns of the view, whatever its reader needs
tracked_of_excluded as (

    select
        tracked.property,
        tracked.conversion_id,
        min(excluded_users.rejection_reason) as rejection_reason

    from tracked

    inner join {{ ref('int_excluded_users') }} as excluded_users
        on tracked.property = excluded_users.property
        and tracked.user_id = excluded_users.user_id

    group by tracked.property, tracked.conversion_id

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
        coalesce(
            excluded_users.rejection_reason,
            case
                when conversions.user_id is null
                    then tracked_of_excluded.rejection_reason
            end
        ) as excluded_reason,
        rates.rate,
        rates.own_rate,
        properties.currency as own_currency

    from conversions

    inner join properties
        on conversions.property = properties.property

    left join rates
        on conversions.property = rates.property
        and conversions.currency = rates.currency
        and conversions.conversion_date = rates.rate_date

    left join excluded_users
        on conversions.property = excluded_users.property
        and conversions.user_id = excluded_users.user_id

    left join tracked_of_excluded
        on conversions.property = tracked_of_excluded.property
        and conversions.conversion_id = tracked_of_excluded.conversion_id

),

final as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
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
