-- The last day of a month and the first of the next are a month apart, in any year.

with

examples (earlier, later, expected) as (

    values
    (cast('2024-02-29' as date), cast('2024-02-01' as date), 0),
    (cast('2024-02-29' as date), cast('2024-03-01' as date), 1),
    (cast('2023-12-31' as date), cast('2024-01-01' as date), 1),
    (cast('2022-11-01' as date), cast('2024-02-01' as date), 15),
    (cast('2024-01-01' as date), cast('2023-12-01' as date), -1)

)

select *
from examples
where {{ months_since('earlier', 'later') }} is distinct from expected
