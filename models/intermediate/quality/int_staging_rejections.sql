{#
    Raw rows that staging refused. Rows stay countable: raw rows are staged rows and
    these.
#}

{% set tables = [
    ('company_x', 'session_sources'),
    ('company_x', 'conversions'),
    ('company_x', 'conversions_backend'),
    ('company_x', 'api_adwords_costs'),
    ('company_x', 'attribution_customer_journey'),
    ('company_x', 'session_costs'),
] %}

with

{% for layout, raw_table in tables -%}
{{ raw_table }} as (

    select
        property,
        '{{ raw_table }}' as raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('base_' ~ layout ~ '__' ~ raw_table) }}
    where rejection_reason is not null

),

{% endfor -%}

malformed_lines as (

    select
        property,
        raw_table,
        'the line is no row: ' || problem as reason,
        {{ struct_as_json(row_as_struct(['line_number', 'line'])) }} as raw_row
    from {{ ref('stg_raw__malformed_lines') }}

),

rejections as (

    {% for layout, raw_table in tables -%}
    select * from {{ raw_table }}
    union all
    {% endfor -%}
    select * from malformed_lines

)

select * from rejections
