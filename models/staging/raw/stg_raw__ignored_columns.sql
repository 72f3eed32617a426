with

ignored_columns as (

    {%- if var('raw') %}

    select
        property,
        layout,
        raw_table,
        column_name
    from {{ source('raw', 'ignored_columns') }}

    {%- else %}

    -- the sample has no column that its layouts do not declare
    select
        {{ null_text() }} as property,
        {{ null_text() }} as layout,
        {{ null_text() }} as raw_table,
        {{ null_text() }} as column_name
    where false

    {%- endif %}

)

select * from ignored_columns
