-- Nothing over something is 0; anything over 0 is null.

with

examples (numerator, denominator, expected) as (

    values
    (1, 3, 0.333333333),
    (2, 3, 0.666666667),
    (-1, 4, -0.25),
    (0, 5, 0),
    (1, 0, null),
    (0, 0, null),
    (null, 5, null),
    (5, null, null)

)

select * from examples
where
    {{ ratio('numerator', 'denominator') }}
    is distinct from cast(expected as double)
