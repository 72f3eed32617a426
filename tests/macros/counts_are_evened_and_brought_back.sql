-- 2 * sqrt(count + 3/8), and back; what would be below 0 is none, null stays null.

with

examples (orders, evened_orders, orders_again) as (

    values
    (0.0, 1.224744871, 0.0),
    (0.1, 1.378404875, 0.1),
    (5.625, 4.898979486, 5.625),
    (99.625, 20.0, 99.625),
    (-5.0, 1.224744871, 0.0),
    (null, null, null)

)

select * from examples
where
    round({{ evened('orders') }}, 9) is distinct from evened_orders
    or round({{ count_of_evened('evened_orders') }}, 6) is distinct from orders_again
    or {{ count_of_evened('(-evened_orders)') }} is distinct from 0 * orders
