-- A leap year's February has 29 days. Without data nothing is over.

with

examples (report_month, until, expected) as (

    values
    (cast('2024-02-01' as date), cast('2024-02-28' as date), false),
    (cast('2024-02-01' as date), cast('2024-02-29' as date), true),
    (cast('2023-02-01' as date), cast('2023-02-27' as date), false),
    (cast('2023-02-01' as date), cast('2023-02-28' as date), true),
    (cast('2023-12-01' as date), cast('2023-12-30' as date), false),
    (cast('2023-12-01' as date), cast('2024-01-01' as date), true),
    (cast('2023-12-01' as date), cast(null as date), false)

)

select *
from examples
where {{ is_over('report_month', 'until') }} is distinct from expected
