{#
    Every listing, typed and judged.
#}

with

raw_rows as (

    select * from {{ raw_texts('contract', 'listings', with_time_zone=true) }}

),

typed as (

    select
        -- keys
        property,
        listing_id,
        seller_id,
        event_id,

        -- timestamps
        {{ utc_timestamp('created_at', 'time_zone') }} as created_at,
        {{ utc_timestamp('completed_at', 'time_zone') }} as completed_at,
        completed_at as raw_completed_at,
        {{ utc_timestamp('sold_at', 'time_zone') }} as sold_at,
        sold_at as raw_sold_at,

        -- attributes
        brand,
        category,
        section,
        row_label,
        ticket_type,
        {{ flag('is_available') }} as is_available,
        upper(currency) as currency,

        -- measures
        {{ whole_number('quantity', digits=9) }} as quantity,
        quantity as raw_quantity,
        {{ amount('price', 2) }} as price,
        price as raw_price,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when listing_id is null then 'listing_id is missing'
            when created_at is null then 'created_at is not a timestamp'
            when raw_completed_at is not null and completed_at is null
                then 'completed_at is not a timestamp'
            when raw_sold_at is not null and sold_at is null
                then 'sold_at is not a timestamp'
            when raw_quantity is not null and (quantity >= 0) is not true
                then 'quantity is not a whole number from 0'
            when raw_price is not null and (price >= 0) is not true
                then 'price is not an amount from 0'
        end as fault

    from typed

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, listing_id, fault
            order by
                seller_id,
                created_at,
                completed_at,
                sold_at,
                brand,
                category,
                event_id,
                section,
                row_label,
                ticket_type,
                is_available,
                quantity,
                price,
                currency,
                source_row
        ) as copy_number

    from judged

),

final as (

    select
        -- keys
        property,
        listing_id,
        seller_id,
        event_id,

        -- timestamps
        created_at,
        completed_at,
        sold_at,

        -- attributes
        brand,
        category,
        section,
        row_label,
        ticket_type,
        is_available,
        currency,

        -- measures
        quantity,
        price,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'listing_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
