-- A raw session came in a changed part if its day has changed; in a first build every
-- day has. The sample alone is read here once more.

{{ config(enabled=target.type != 'spark' and not var('raw', none)) }}

{%- set unit = incremental_models()['base_company_x__session_sources'] %}

with

raw_rows as (

    select
        *,
        {{ came_in_changed_part(unit) }} as is_told_by_value
    from {{ raw('company_x', 'session_sources') }}

),

days as (

    select
        raw_rows.property,
        raw_rows.is_told_by_value,
        {{ part_text(local_date('event_date')) }} as part
    from raw_rows

)

select * from days
where
    is_told_by_value
    is distinct from {{ is_in_changed_unit(unit, ['property', 'part']) }}
