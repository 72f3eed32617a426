-- A session of a changed day is looked at; in a first build that is every session. The
-- sample alone is read here once more.

{{ config(enabled=target.type != 'spark' and not var('raw', none)) }}

{%- set unit = incremental_models()['base_company_x__session_sources'] %}

with

sessions as (

    select * from {{ raw_texts('company_x', 'session_sources') }}

)

select * from sessions
where
    {{ is_in_changed_unit(unit, ['property', unit.part]) }}
    and not {{ is_in_reach(
        'base_company_x__session_sources', ref('base_company_x__session_sources')
    ) }}
