-- A week of March 2021, and the Sunday and Monday around the turn of a year.

with

examples (day, expected) as (

    values
    (date '2021-03-01', 1),
    (date '2021-03-04', 4),
    (date '2021-03-06', 6),
    (date '2021-03-07', 7),
    (date '2020-12-28', 1),
    (date '2021-01-03', 7),
    (null, null)

)

select * from examples
where {{ weekday('day') }} is distinct from expected
