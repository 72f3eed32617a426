{#
    Raw files and columns that were not read as they came, or not at all.
#}

with

files as (

    select * from {{ ref('stg_raw__files') }}

),

ignored_columns as (

    select * from {{ ref('stg_raw__ignored_columns') }}

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

columns_ignored as (

    select
        property,
        'columns_ignored' as check_name,
        raw_table
        || ': '
        || {{ list_as_text(ordered_list('column_name', 'column_name'), "', '") }}
            as finding_key,
        1 as row_count,
        0 as amount

    from ignored_columns

    group by property, layout, raw_table

),

findings as (

    select * from nul_bytes
    union all
    select * from columns_ignored

),

final as (

    select
        property,
        check_name,
        finding_key,
        row_count,
        cast(amount as decimal(38, 6)) as amount

    from findings

)

select * from final
