-- One of 17 digits is written out like any other.

with

examples (amount, expected) as (

    values
    (cast(0 as double), '0.00'),
    (1.006, '1.01'),
    (-0.5, '-0.50'),
    (45000000000000000, '45000000000000000.00'),
    (null, null)

)

select * from examples
where {{ amount_text('amount') }} is distinct from expected
