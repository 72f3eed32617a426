{#
    Every raw row of categories, typed and judged.
#}

with

raw_rows as (

    select * from {{ raw_texts('vestiaire', 'category') }}

),

typed as (

    select
        -- keys
        property,
        id_category as category_id,

        -- attributes
        category,

        -- the row as it came
        source_row

    from raw_rows

),

judged as (

    select
        *,
        case
            when category_id is null and category is null then 'the row is empty'
            when category_id is null then 'id_category is missing'
        end as fault

    from typed

),

-- a name goes before none
copies_numbered as (

    select
        *,
        row_number() over (
            partition by property, category_id, fault
            order by category asc nulls last, source_row asc
        ) as copy_number

    from judged

),

final as (

    select
        -- keys
        property,
        category_id,

        -- attributes
        category,

        -- rejection
        coalesce(fault, case when copy_number > 1 then 'id_category is repeated' end)
            as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
