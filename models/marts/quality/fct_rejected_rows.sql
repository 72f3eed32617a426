with

rejected_rows as (

    select * from {{ ref('int_rejected_rows') }}

),

final as (

    select
        -- keys
        rejected_row_id,
        property,

        -- attributes
        raw_table,
        layer,
        reason,
        raw_row

    from rejected_rows

)

select * from final
