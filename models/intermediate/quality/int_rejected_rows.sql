{#
    Every raw row that is in no mart, with the reason, from both layers that refuse.
#}

with

rejections as (

    select
        *,
        'staging' as layer
    from {{ ref('int_staging_rejections') }}

    union all

    select
        *,
        'intermediate' as layer
    from {{ ref('int_intermediate_rejections') }}

),

-- a row may be refused twice with the same words: copies are told apart by number
numbered as (

    select
        *,
        row_number() over (
            partition by property, raw_table, layer, reason, raw_row
            order by raw_row
        ) as copy_number

    from rejections

),

final as (

    select
        -- keys
        {{ surrogate_key([
            'property', 'raw_table', 'layer', 'reason', 'raw_row', 'copy_number'
        ]) }} as rejected_row_id,
        property,

        -- attributes
        raw_table,
        layer,
        reason,
        raw_row

    from numbered

)

select * from final
