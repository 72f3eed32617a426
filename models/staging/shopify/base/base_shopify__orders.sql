{#
    Every line of the export, typed and judged. The line with a Total is the order; the
    others are more things bought in it. Test orders and voided payments were never
    booked.
#}

with

raw_rows as (

    select * from {{ raw_texts('shopify', 'orders', with_time_zone=true) }}

),

typed as (

    select
        -- keys
        property,
        name as order_name,
        id as order_id,
        {% if var('shopify_conversion_id') == 'id' -%}
        id
        {%- elif var('shopify_conversion_id') == 'number' -%}
        {{ digits('name') }}
        {%- else -%}
        name
        {%- endif %} as conversion_id,
        coalesce(customer_id, {{ pii_hash('lower(email)') }}) as user_id,

        -- timestamps
        {{ utc_timestamp('created_at', 'time_zone') }} as converted_at,
        {{ local_day_of('created_at', 'time_zone') }} as conversion_date,
        {{ utc_timestamp('cancelled_at', 'time_zone') }} as cancelled_at,
        {{ local_day_of('cancelled_at', 'time_zone') }} as cancellation_date,
        cancelled_at as raw_cancelled_at,

        -- attributes
        lower(financial_status) as financial_status,
        {{ fully_matches('lower(tags)', '(.*,)? *test *(,.*)?') }} as is_test,
        upper(currency) as currency,
        upper(coalesce(shipping_country, billing_country)) as market,
        lineitem_name as item_name,

        -- measures
        {{ amount('total', 2) }} as revenue,
        total is not null as is_order,
        {{ amount('refunded_amount', 2) }} as refunded_amount,
        refunded_amount as raw_refunded_amount,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when order_name is null then 'Name is missing'
            when not bool_or(is_order) over (partition by property, order_name)
                then 'the order has no line with a Total'
            when not is_order then null
            when conversion_id is null then 'Id is missing'
            when converted_at is null then 'Created at is not a timestamp'
            when raw_cancelled_at is not null and cancelled_at is null
                then 'Cancelled at is not a timestamp'
            when revenue is null then 'Total is not an amount'
            when revenue < 0 then 'Total is negative'
            when raw_refunded_amount is not null and refunded_amount is null
                then 'Refunded Amount is not an amount'
            when is_test then 'a test order, by its Tags'
            when financial_status = 'voided' then 'the payment was voided'
        end as fault

    from typed

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, order_name, is_order, fault
            order by
                converted_at nulls last,
                order_id nulls last,
                user_id nulls last,
                revenue nulls last,
                refunded_amount nulls last,
                currency nulls last,
                market nulls last,
                financial_status nulls last,
                cancelled_at nulls last,
                item_name nulls last,
                source_row
        ) as copy_number

    from judged

),

rejected as (

    select
        *,
        coalesce(
            fault,
            case when is_order and copy_number > 1 then 'Name is repeated' end
        ) as rejection_reason

    from copies_numbered

),

final as (

    select
        -- keys
        property,
        order_name,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        converted_at,
        cancellation_date,
        cancelled_at,

        -- attributes
        is_order,
        financial_status,
        currency,
        market,
        item_name,

        -- measures
        revenue,
        coalesce(refunded_amount, 0) as refunded_amount,

        -- rejection
        rejection_reason,
        case
            when rejection_reason is not null then {{ struct_as_json('source_row') }}
        end as raw_row

    from rejected

)

select * from final
