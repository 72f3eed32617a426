-- Rounded to 12 places once: 5 of 11 is 0.45454545454545, where 13 places end in 5. In
-- the middle a position-based share goes up by .2 over the touches between the ends.

with

examples (
    touch_number, touch_count, linear_share, position_based_share, first_touch_share
) as (

    values
    (0, 3, 0, 0, 0),
    (1, 1, 1, 1, 1),
    (1, 2, 0.5, 0.5, 1),
    (1, 3, 0.333333333333, 0.4, 1),
    (2, 3, 0.666666666667, 0.6, 1),
    (3, 3, 1, 1, 1),
    (3, 5, 0.6, 0.533333333333, 1),
    (5, 11, 0.454545454545, 0.488888888889, 1)

)

select * from examples
where
    {{ share_after({'name': 'linear'}, 'touch_number') }}
    is distinct from linear_share
    or {{ share_after({'name': 'position_based'}, 'touch_number') }}
    is distinct from position_based_share
    or {{ share_after({'name': 'first_touch'}, 'touch_number') }}
    is distinct from first_touch_share
