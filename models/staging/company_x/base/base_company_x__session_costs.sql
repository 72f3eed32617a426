{#
    Every costed session, typed and judged.
#}

with

raw_rows as {{ inlined(reads_places=true) }} (

    select * from {{ raw_texts('company_x', 'session_costs') }}

),

typed as {{ inlined(reads_places=true) }} (

    select
        -- keys
        property,
        session_id,

        -- measures
        {{ amount('cost', 6, digits=7) }} as cost,

        -- the row as it came
        source_row

    from raw_rows

),

judged as {{ inlined(reads_places=true) }} (

    select
        *,
        case
            when session_id is null then 'session_id is missing'
            when cost is null then 'cost is not an amount'
        end as fault

    from typed

),

{{ copies_numbered(['property', 'session_id'], order_by=['cost', 'source_row']) }},

final as (

    select
        -- keys
        property,
        session_id,

        -- measures
        cost,

        -- rejection
        coalesce(
            fault,
            case when copy_number > 1 then 'session_id is repeated' end
        ) as rejection_reason,
        case
            when fault is not null or copy_number > 1
                then {{ struct_as_json('source_row') }}
        end as raw_row

    from copies_numbered

)

select * from final
