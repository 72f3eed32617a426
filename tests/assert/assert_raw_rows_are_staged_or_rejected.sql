-- Every raw row is staged or rejected, for each raw table and property: none is lost on
-- the way in, none is counted twice. Tables of one name in several layouts are one
-- here, as they are in fct_rejected_rows.

with

layout_raw_counts as (

    {% for table in raw_tables() -%}
    select
        property,
        '{{ table.name }}' as raw_table,
        count(*) as raw_count
    from {{ raw(table.layout, table.name) }}
    group by property
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

raw_counts as (

    select
        property,
        raw_table,
        sum(raw_count) as raw_count

    from layout_raw_counts

    group by property, raw_table

),

layout_staged_counts as (

    {% for table in raw_tables() -%}
    select
        property,
        '{{ table.name }}' as raw_table,
        count(*) as staged_count
    from {{ ref('stg_' ~ table.layout ~ '__' ~ table.name) }}
    group by property
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

staged_counts as (

    select
        property,
        raw_table,
        sum(staged_count) as staged_count

    from layout_staged_counts

    group by property, raw_table

),

malformed_lines as (

    select
        property,
        raw_table,
        count(*) as malformed_count

    from {{ ref('stg_raw__malformed_lines') }}

    group by property, raw_table

),

rejected_rows as (

    select
        property,
        raw_table,
        count(*) as rejected_count

    from {{ ref('fct_rejected_rows') }}

    where layer = 'staging'

    group by property, raw_table

),

tables as (

    select
        property,
        raw_table
    from raw_counts
    union
    select
        property,
        raw_table
    from staged_counts
    union
    select
        property,
        raw_table
    from malformed_lines
    union
    select
        property,
        raw_table
    from rejected_rows

)

select
    tables.property,
    tables.raw_table,
    raw_counts.raw_count,
    malformed_lines.malformed_count,
    staged_counts.staged_count,
    rejected_rows.rejected_count

from tables

left join raw_counts
    on tables.property = raw_counts.property
    and tables.raw_table = raw_counts.raw_table

left join malformed_lines
    on tables.property = malformed_lines.property
    and tables.raw_table = malformed_lines.raw_table

left join staged_counts
    on tables.property = staged_counts.property
    and tables.raw_table = staged_counts.raw_table

left join rejected_rows
    on tables.property = rejected_rows.property
    and tables.raw_table = rejected_rows.raw_table

where
    coalesce(raw_counts.raw_count, 0) + coalesce(malformed_lines.malformed_count, 0)
    != coalesce(staged_counts.staged_count, 0)
    + coalesce(rejected_rows.rejected_count, 0)
