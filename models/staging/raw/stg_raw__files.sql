with

files as (

    {%- if var('raw') %}

    select
        property,
        raw_table,
        place_number,
        file_name,
        encoding,
        nul_byte_count
    from {{ source('raw', 'files') }}

    {%- else %}

    -- the sample's seeds are read by dbt
    select
        {{ null_text() }} as property,
        {{ null_text() }} as raw_table,
        cast(null as bigint) as place_number,
        {{ null_text() }} as file_name,
        {{ null_text() }} as encoding,
        cast(null as bigint) as nul_byte_count
    where false

    {%- endif %}

)

select * from files
