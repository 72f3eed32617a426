{#
    Every raw lot, typed and judged. A lot without an id of its own is known by all that
    is said of it, and by which of its like it is; one whose id has come before, by id
    and number.
#}

with

raw_rows as (

    select * from {{ raw_texts('vivid_seats', 'ticket_listings') }}

),

typed as (

    select
        -- keys
        property,
        listing_id as source_listing_id,
        seller_id,
        event_id,

        -- timestamps
        {{ local_date('posting_date') }} as posting_date,
        {{ local_timestamp_of('posting_date', 'posting_time') }} as timed_at_local,
        posting_date as raw_date,
        posting_time as raw_time,

        -- attributes
        section,
        {{ adapter.quote('row') }} as row_label,
        seat,
        ticket_type,
        {{ flag('availability') }} as is_available,

        -- measures: without a quantity, a row with a seat is one ticket
        case
            when quantity is null and seat is not null then 1
            else {{ whole_number('quantity', digits=9) }}
        end as quantity,
        {{ amount('price', 2) }} as price,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        {{ surrogate_key([
            'seller_id',
            'event_id',
            'section',
            'row_label',
            'seat',
            'quantity',
            'price',
            'ticket_type',
            'posting_date',
            'timed_at_local',
            'is_available',
        ]) }} as lot_key,
        case
            when event_id is null then 'event_id is missing'
            when raw_date is not null and posting_date is null
                then 'posting_date is not a date'
            when
                raw_time is not null
                and raw_date is not null
                and timed_at_local is null
                then 'posting_time is not a time'
            when quantity is null or quantity < 0
                then 'quantity is not a whole number from 0'
            when price is null or price < 0 then 'price is not an amount from 0'
        end as fault

    from typed

),

-- of lots of one id the first that was posted keeps it, then the first by its columns
copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, fault, coalesce(source_listing_id, lot_key)
            order by
                timed_at_local,
                posting_date,
                seller_id,
                event_id,
                section,
                row_label,
                seat,
                price,
                quantity,
                ticket_type,
                is_available,
                source_row
        ) as copy_number

    from judged

),

lots_numbered as (

    select
        *,
        row_number() over (
            partition by property, fault, lot_key
            order by source_listing_id, copy_number
        ) as lot_number

    from copies_numbered

),

final as (

    select
        -- keys
        property,
        case
            when source_listing_id is not null and copy_number = 1
                then source_listing_id
            else {{ surrogate_key([
                'coalesce(source_listing_id, lot_key)', 'copy_number'
            ]) }}
        end as listing_id,
        source_listing_id,
        seller_id,
        event_id,

        -- timestamps
        coalesce(timed_at_local, cast(posting_date as timestamp)) as posted_at_local,

        -- attributes
        section,
        row_label,
        seat,
        ticket_type,
        is_available,
        copy_number > 1 or lot_number > 1 as is_listed_again,

        -- measures
        quantity,
        price,

        -- rejection
        fault as rejection_reason,
        case when fault is not null then {{ struct_as_json('source_row') }} end
            as raw_row

    from lots_numbered

)

select * from final
