-- A leap year's February has a 29th. What is still to come is 0 days old.

with

examples (day, until, expected) as (

    values
    (cast('2024-02-28' as date), cast('2024-03-01' as date), 2),
    (cast('2023-02-28' as date), cast('2023-03-01' as date), 1),
    (cast('2024-02-29' as date), cast('2024-02-29' as date), 0),
    (cast('2024-03-02' as date), cast('2024-03-01' as date), 0),
    (null, cast('2024-03-01' as date), null),
    (cast('2024-03-01' as date), null, null)

)

select *
from examples
where {{ age_in_days('day', 'until') }} is distinct from expected
