-- Whatever the weights say, it is 0 before the first touch and 1 at the last. Weights
-- that sum to 0 are shared evenly.

with

examples (running, total, touch_number, touch_count, expected) as (

    values
    (1.0, 3.0, 1, 3, 0.333333333333),
    (2.0, 3.0, 2, 3, 0.666666666667),
    (2.9, 3.0, 3, 3, 1),
    (0.1, 3.0, 0, 3, 0),
    (0.5, 1.5, 1, 2, 0.333333333333),
    (0.0, 1.0, 1, 2, 0),
    (0.0, 0.0, 0, 4, 0),
    (0.0, 0.0, 1, 4, 0.25),
    (0.0, 0.0, 2, 3, 0.666666666667),
    (0.0, 0.0, 4, 4, 1)

)

select * from examples
where
    {{ share_so_far('running', 'total', 'touch_number', 'touch_count') }}
    is distinct from expected
