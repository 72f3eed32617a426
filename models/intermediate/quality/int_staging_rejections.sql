{#
    Raw rows that staging refused. Rows stay countable: raw rows are staged rows and
    these.
#}

with

malformed_lines as (

    select
        property,
        raw_table,
        'the line is no row: ' || problem as reason,
        {{ struct_as_json(row_as_struct(['line_number', 'line'])) }} as raw_row
    from {{ ref('stg_raw__malformed_lines') }}

),

rejections as (

    {% for table in raw_tables() -%}
    select
        property,
        '{{ table.name }}' as raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('base_' ~ table.layout ~ '__' ~ table.name) }}
    where rejection_reason is not null
    union all
    {% endfor -%}
    select * from malformed_lines

)

select * from rejections
