{#
    Every raw row of brands, typed and judged.
#}

with

raw_rows as (

    select * from {{ raw_texts('vestiaire', 'brands') }}

),

typed as (

    select
        -- keys
        property,
        id_brand as brand_id,

        -- attributes
        brand,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when brand_id is null and brand is null then 'the row is empty'
            when brand_id is null then 'id_brand is missing'
        end as fault

    from typed

),

-- a name goes before none
copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, brand_id, fault
            order by brand asc nulls last, source_row asc
        ) as copy_number

    from judged

),

final as (

    select
        -- keys
        property,
        brand_id,

        -- attributes
        brand,

        -- rejection
        coalesce(fault, case when copy_number > 1 then 'id_brand is repeated' end)
            as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
