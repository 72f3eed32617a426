-- Half a cent goes away from 0, on both sides of it; no digit is lost on the way,
-- however large the amount; over the property's own rate it is divided once, at the
-- end.

with

examples (amount, rate, own_rate, expected) as (

    values
    (10.50, 0.95, 1.0, 9.98),
    (0.10, 0.95, 1.0, 0.10),
    (-0.10, 0.95, 1.0, -0.10),
    (0.10, 0.9499999999, 1.0, 0.09),
    (100.00, 0.9, 1.1, 81.82),
    (1.00, 1.0, 3.0, 0.33),
    (9876543210.12, 1.0000000001, 1.0, 9876543211.11),
    (9999999999.00, 2.0, 1.0, null),
    (10.00, null, 1.0, null),
    (10.00, 0.9, null, null)

),

typed as (

    select
        cast(amount as decimal(18, 2)) as amount,
        cast(rate as decimal(20, 10)) as rate,
        cast(own_rate as decimal(20, 10)) as own_rate,
        cast(expected as decimal(18, 2)) as expected

    from examples

)

select * from typed
where {{ exchanged_amount('amount', 'rate', 'own_rate', 2) }} is distinct from expected

union all

select
    999.995 as amount,
    1 as rate,
    1 as own_rate,
    null as expected
where {{ exchanged_amount('999.995', '10', '1', 2, digits=3) }} is not null
