-- A backend that is there and empty blocks publishing: nothing tracked would count.

with

booked as (

    select
        property,
        count(*) as conversion_count

    from {{ ref('int_backend_conversions_unioned') }}

    group by property

)

select properties.property

from {{ ref('int_properties') }} as properties

left join booked
    on properties.property = booked.property

where
    properties.has_backend
    and booked.conversion_count is null
