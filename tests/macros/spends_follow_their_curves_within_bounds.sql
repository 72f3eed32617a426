-- With elasticity .5 a return of 2 falls to 1 at four times the spend, and one of .5
-- rises to 1 at a quarter. Bounds stop both. What brings nothing goes to its lower one.

with

examples (marginal_return, lowest, highest, expected) as (

    values
    (1, 0, 1000, 100),
    (2, 0, 1000, 400),
    (2, 70, 130, 130),
    (0.5, 0, 1000, 25),
    (0.5, 70, 130, 70),
    (0, 70, 130, 70)

)

select * from examples
where
    {{ spend_at_return(
        '100', 'cast(marginal_return as double)', '0.5', '0', 'lowest', 'highest'
    ) }}
    is distinct from expected
