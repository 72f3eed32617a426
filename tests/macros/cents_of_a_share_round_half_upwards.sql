-- A third of 5 cents is 1.67, so 2. Half of a cent is a cent, the least bit less is
-- none, of a large amount too, where doubles take 5099999999.499999999999 for a half.
-- Halves, quarters and a 4096th are halves of a cent in doubles as well.
-- Large amounts do not overflow.

with

examples (share, amount, expected) as (

    values
    (0.333333333333, 0.05, 2),
    (0.666666666667, 0.05, 3),
    (0.500000000000, 0.01, 1),
    (0.499999999999, 0.01, 0),
    (0.333333333333, 100.00, 3333),
    (0.510000000001, 99999999.99, 5099999999),
    (0.500000000000, 10000.01, 500001),
    (1.000000000000, 99999999999.99, 9999999999999),
    (0.000000000000, 0.05, 0),
    (1.000000000000, 0.00, 0),
    (0.500000000000, 99999999.99, 5000000000),
    (0.500000000000, 99999999999.99, 5000000000000),
    (0.000244140625, 20.48, 1),
    (0.166666666666, 0.03, 0),
    (0.166666666667, 0.03, 1)

),

typed as (

    select
        cast(share as decimal(18, 12)) as share,
        cast(amount as decimal(18, 2)) as amount,
        expected
    from examples

),

doubled as (

    select
        *,
        {{ cents_in_doubles('share', 'amount') }} as in_doubles
    from typed

)

select * from doubled
where
    {{ cents_of_share('share', 'amount', 'in_doubles') }}
    is distinct from expected
