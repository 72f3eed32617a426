{#
    Every raw sale, typed and judged. The last place that sees an address or a telephone
    number: country and city stay, the rest is a hash.
#}

with

raw_rows as (

    select * from {{ raw_texts('vivid_seats', 'customer_sales') }}

),

typed as (

    select
        -- keys
        property,
        sale_id,
        event_id,
        listing_id,
        visitor_id,

        -- timestamps
        {{ local_date('sale_date') }} as sale_date,
        {{ local_timestamp_of('sale_date', 'sale_time') }} as timed_at_local,
        sale_time as raw_time,
        {{ local_date('user_since') }} as user_since,

        -- attributes
        {{ flag('first_signup') }} as is_first_signup,
        payment_method,
        {{ flag('promo_used') }} as is_promo_used,
        {{ address_country('address') }} as country,
        {{ address_city('address') }} as city,
        {{ pii_hash(letters_and_digits('lower(address)')) }} as address_hash,
        {{ pii_hash(digits('contact_number')) }} as contact_hash,

        -- measures
        {{ whole_number('number_of_tickets', digits=9) }} as quantity,
        {{ amount('price_per_unit', 2) }} as unit_price,

        -- the row as it came
        source_row

    from raw_rows

),

-- a product beyond all money is null, and refused
priced as (

    select
        *,
        {{ money('try_cast(quantity * unit_price as decimal(12, 2))', 2) }} as revenue

    from typed

),

judged as (

    select
        *,
        case
            when sale_id is null then 'sale_id is missing'
            when sale_date is null then 'sale_date is not a date'
            when raw_time is not null and timed_at_local is null
                then 'sale_time is not a time'
            when quantity is null or quantity < 1
                then 'number_of_tickets is not a whole number from 1'
            when unit_price is null or unit_price < 0 or revenue is null
                then 'price_per_unit is not an amount from 0'
        end as fault

    from priced

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, sale_id, fault
            order by
                sale_date nulls last,
                timed_at_local nulls last,
                event_id nulls last,
                listing_id nulls last,
                visitor_id nulls last,
                quantity nulls last,
                unit_price nulls last,
                user_since nulls last,
                is_first_signup nulls last,
                payment_method nulls last,
                is_promo_used nulls last,
                country nulls last,
                city nulls last,
                address_hash nulls last,
                contact_hash nulls last,
                source_row
        ) as copy_number

    from judged

),

final as (

    select
        -- keys
        property,
        sale_id,
        event_id,
        listing_id,
        visitor_id,

        -- timestamps
        coalesce(timed_at_local, cast(sale_date as timestamp)) as sold_at_local,
        user_since,

        -- attributes
        is_first_signup,
        payment_method,
        is_promo_used,
        country,
        city,
        address_hash,
        contact_hash,

        -- measures
        quantity,
        unit_price,
        revenue,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'sale_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
