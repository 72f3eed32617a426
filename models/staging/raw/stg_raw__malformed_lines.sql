with

malformed_lines as (

    {%- if var('raw') %}

    select
        property,
        raw_table,
        line_number,
        line,
        problem
    from {{ source('raw', 'malformed_lines') }}

    {%- else %}

    -- the sample's seeds are loaded by dbt, which refuses a malformed line itself
    select
        {{ null_text() }} as property,
        {{ null_text() }} as raw_table,
        cast(null as bigint) as line_number,
        {{ null_text() }} as line,
        {{ null_text() }} as problem
    where false

    {%- endif %}

)

select * from malformed_lines
