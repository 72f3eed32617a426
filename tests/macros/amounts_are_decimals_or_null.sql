-- A decimal comma, a currency, words and infinity are no amounts; half a cent goes up;
-- an amount has ten digits before the point at most, or what is said instead.

with

examples (raw_value, expected) as (

    values
    ('12.5', 12.50),
    ('0', 0.00),
    ('-3.10', -3.10),
    ('1.005', 1.01),
    ('1.004', 1.00),
    ('12,50', null),
    ('12.50 EUR', null),
    ('free', null),
    ('nan', null),
    ('inf', null),
    -- what a stray line end or tab leaves readable, and digits set apart
    ('10.00' || chr(10), 10.00),
    (chr(9) || '10.00' || chr(13), 10.00),
    ('10.00' || chr(31), null),
    ('1_0.5', 10.50),
    ('-9999999999.99', -9999999999.99),
    ('9999999999.995', null),
    ('-10000000000', null),
    ('99999999999999999', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ amount('raw_value', 2) }} is distinct from expected

union all

select
    '999.995' as raw_value,
    null as expected
where {{ amount("'999.995'", 2, digits=3) }} is not null

union all

select
    '999.994' as raw_value,
    999.99 as expected
where {{ amount("'999.994'", 2, digits=3) }} is distinct from 999.99
