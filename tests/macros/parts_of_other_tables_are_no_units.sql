-- What has changed in another raw table is no changed unit of a model.

{{ config(enabled=target.type != 'spark') }}

{%- set unit = incremental_models()['base_company_x__session_sources'] %}

with

parts as (

    select * from {{ ref('stg_raw__parts') }}
    where raw_table != 'session_sources'

)

select * from parts
where {{ is_in_changed_unit(unit, unit.unit) }}
