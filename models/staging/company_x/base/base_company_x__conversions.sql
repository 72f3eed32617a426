{#
    Every tracked conversion, typed and judged.
#}

with

raw_rows as {{ inlined(reads_places=true) }} (

    select * from {{ raw_texts('company_x', 'conversions') }}

),

typed as {{ inlined(reads_places=true) }} (

    select
        -- keys
        property,
        conv_id as conversion_id,
        user_id,

        -- timestamps
        {{ local_date('conv_date') }} as conversion_date,
        {{ local_timestamp_of('conv_date', 'conv_time') }} as converted_at_local,
        conv_time as raw_time,

        -- attributes
        market,

        -- measures
        {{ amount('revenue', 2) }} as revenue,

        -- the row as it came
        source_row

    from raw_rows

),

judged as {{ inlined(reads_places=true) }} (

    select
        *,
        case
            when conversion_id is null then 'conv_id is missing'
            when conversion_date is null then 'conv_date is not a date'
            when raw_time is not null and converted_at_local is null
                then 'conv_time is not a time'
            when revenue is null then 'revenue is not an amount'
        end as fault

    from typed

),

{{ copies_numbered(
    ['property', 'conversion_id', 'user_id', 'conversion_date'],
    order_by=['converted_at_local', 'market', 'revenue', 'source_row'],
) }},

final as (

    select
        -- keys
        property,
        conversion_id,
        user_id,

        -- timestamps
        conversion_date,
        converted_at_local,

        -- attributes
        market,

        -- measures
        revenue,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'conv_id, user_id, conv_date is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
