{#
    Every raw listing, typed and judged. What brand and category it names is no fault of
    a listing, whether anybody knows them or not.
#}

with

raw_rows as {{ inlined(reads_places=true) }} (

    select * from {{ raw_texts('vestiaire', 'listings') }}

),

typed as {{ inlined(reads_places=true) }} (

    select
        -- keys
        property,
        id as listing_id,
        id_customer as seller_id,
        id_brand as brand_id,
        id_category as category_id,

        -- timestamps
        {{ local_timestamp('date_created') }} as created_at_local,
        {{ local_timestamp('date_completed') }} as completed_at_local,
        {{ local_timestamp('date_sold') }} as sold_at_local,
        date_completed as raw_completed,
        date_sold as raw_sold,

        -- the row as it came
        source_row

    from raw_rows

),

judged as {{ inlined(reads_places=true) }} (

    select
        *,
        case
            when listing_id is null then 'id is missing'
            when created_at_local is null then 'date_created is not a timestamp'
            when raw_completed is not null and completed_at_local is null
                then 'date_completed is not a timestamp'
            when raw_sold is not null and sold_at_local is null
                then 'date_sold is not a timestamp'
        end as fault

    from typed

),

{{ copies_numbered(
    ['property', 'listing_id'],
    order_by=[
        'seller_id',
        'brand_id',
        'category_id',
        'created_at_local',
        'completed_at_local',
        'sold_at_local',
        'source_row',
    ],
) }},

final as (

    select
        -- keys
        property,
        listing_id,
        seller_id,
        brand_id,
        category_id,

        -- timestamps
        created_at_local,
        completed_at_local,
        sold_at_local,

        -- rejection
        coalesce(fault, case when copy_number > 1 then 'id is repeated' end)
            as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
