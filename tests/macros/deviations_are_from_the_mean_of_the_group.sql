-- Of 1 and 4 the mean is 2.5; alone, a value is its own mean.

with

examples (name, amount, expected) as (

    values
    ('a', cast(1 as decimal(18, 9)), -1.5),
    ('a', cast(4 as decimal(18, 9)), 1.5),
    ('b', cast(7 as decimal(18, 9)), 0)

),

measured as (

    select
        expected,
        {{ log_deviation('amount', 'name') }} as deviation

    from examples

)

select * from measured
where deviation is distinct from expected
