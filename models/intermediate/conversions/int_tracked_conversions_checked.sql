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

-- few are of an excluded user on either side, and the books are asked for them alone.
-- What is read twice is named twice: such a step of a view is held, and with it all
-- columns
suspected as (

    select
        property,
        conversion_id
    from {{ ref('int_backend_conversions_checked') }}
    where rejection_reason like 'excluded user: %'

    union

    select
        tracked.property,
        tracked.conversion_id
    from {{ ref('int_tracked_conversions_unioned') }} as tracked
    inner join {{ ref('int_excluded_users') }} as excluded_users
        on tracked.property = excluded_users.property
        and tracked.user_id = excluded_users.user_id

),

-- what the books say of who it was
booked as (

    select
        backend.property,
        backend.conversion_id,
        max(case when backend.rejection_reason is null then backend.user_id end)
            as user_id,
        min(
            case
                when backend.rejection_reason like 'excluded user: %'
                    then backend.rejection_reason
            end
        ) as excluded_reason,
        bool_or(backend.rejection_reason is null) as is_kept

    from backend

    inner join suspected
        on backend.property = suspected.property
        and backend.conversion_id = suspected.conversion_id

    group by backend.property, backend.conversion_id

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
