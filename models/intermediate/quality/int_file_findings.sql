{#
    Raw files that were read, but not as they came.
#}

with

files as (

    select * from {{ ref('stg_raw__files') }}

),

-- files of one name in several places are one finding
nul_bytes as (

    select
        property,
        'nul_bytes_removed' as check_name,
        raw_table || '|' || file_name as finding_key,
        count(*) as row_count,
        sum(nul_byte_count) as amount

    from files

    where nul_byte_count > 0

    group by property, raw_table, file_name

),

final as (

    select
        property,
        check_name,
        finding_key,
        row_count,
        cast(amount as decimal(18, 6)) as amount

    from nul_bytes

)

select * from final
