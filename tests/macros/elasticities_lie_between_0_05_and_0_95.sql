-- Nothing over nothing is no response, and a negative one is taken for the smallest.

with

examples (numerator, denominator, expected) as (

    values
    (1, 2, 0.5),
    (3, 2, 0.95),
    (-1, 2, 0.05),
    (0, 0, 0.05)

)

select * from examples
where
    {{ clipped_elasticity('numerator', 'denominator') }}
    is distinct from cast(expected as double)
