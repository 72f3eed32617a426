{#
    Every tracked conversion, typed and judged. One without revenue brings 0.00.
#}

with

raw_rows as (

    select * from {{ raw_texts('contract', 'conversions', with_time_zone=true) }}

),

typed as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        {{ utc_timestamp('converted_at', 'time_zone') }} as converted_at,
        {{ local_day_of('converted_at', 'time_zone') }} as converted_date,
        {{ is_day_alone('converted_at') }} as is_converted_day_alone,
        {{ utc_timestamp('cancelled_at', 'time_zone') }} as cancelled_at,
        {{ local_day_of('cancelled_at', 'time_zone') }} as cancelled_date,
        {{ is_day_alone('cancelled_at') }} as is_cancelled_day_alone,
        cancelled_at as raw_cancelled_at,

        -- attributes
        upper(currency) as currency,
        market,

        -- measures
        {{ amount('revenue', 2) }} as revenue,
        revenue as raw_revenue,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when conversion_id is null then 'conversion_id is missing'
            when converted_at is null then 'converted_at is not a timestamp or date'
            when raw_cancelled_at is not null and cancelled_at is null
                then 'cancelled_at is not a timestamp or date'
            when raw_revenue is not null and revenue is null
                then 'revenue is not an amount'
            when revenue < 0
                then 'revenue is negative: what is paid back belongs in refunds'
        end as fault

    from typed

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, conversion_id, user_id, converted_date, fault
            order by
                is_converted_day_alone,
                converted_at nulls last,
                revenue nulls last,
                currency nulls last,
                market nulls last,
                cancelled_at nulls last,
                source_row
        ) as copy_number

    from judged

),

final as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        converted_date as conversion_date,
        case when not is_converted_day_alone then converted_at end as converted_at,
        cancelled_date as cancellation_date,
        case when not is_cancelled_day_alone then cancelled_at end as cancelled_at,

        -- attributes
        currency,
        market,

        -- measures
        coalesce(revenue, 0) as revenue,

        -- rejection
        coalesce(
            fault,
            case
                when copy_number > 1
                    then 'conversion_id, user_id, day of converted_at is repeated'
            end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
