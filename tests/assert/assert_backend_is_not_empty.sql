-- A backend that is there and empty blocks publishing: nothing tracked would count.

with

backend_tables as (

    select
        property,
        raw_table

    from {{ ref('stg_raw__tables') }}

    group by property, layout, raw_table

    having {{ has_table_for('backend') }}

),

booked as (

    select
        property,
        count(*) as conversion_count

    from {{ ref('int_backend_conversions_unioned') }}

    group by property

)

select
    properties.property,
    properties.property || ': table ' || backend_tables.raw_table
    || ' is there and has no sound row, so that no conversion would count: export it'
    || ' again, or take it away, and what was tracked counts' as message

from {{ ref('int_properties') }} as properties

left join backend_tables
    on properties.property = backend_tables.property

left join booked
    on properties.property = booked.property

where
    properties.has_backend
    and booked.conversion_count is null
