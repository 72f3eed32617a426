{#
    Every raw seller, typed and judged. A name may be a person's: it goes no further.
#}

with

raw_rows as (

    select * from {{ raw_texts('vivid_seats', 'sellers') }}

),

typed as (

    select
        -- keys
        property,
        seller_id,

        -- timestamps
        {{ local_date('seller_since') }} as seller_since,
        seller_since as raw_since,

        -- attributes
        region,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when seller_id is null then 'seller_id is missing'
            when raw_since is not null and seller_since is null
                then 'seller_since is not a date'
        end as fault

    from typed

),

copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, seller_id, fault
            order by seller_since, region, source_row
        ) as copy_number

    from judged

),

final as (

    select
        -- keys
        property,
        seller_id,

        -- timestamps
        seller_since,

        -- attributes
        region,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'seller_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
