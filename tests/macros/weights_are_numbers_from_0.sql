-- 0 is a weight, less than 0 is none, and neither is what is not a number.

with

examples (raw_value, expected) as (

    values
    ('0.5', 0.5),
    ('1.5', 1.5),
    ('0.333333333333', 0.333333333333),
    ('0', 0),
    ('999999.9', 999999.9),
    ('1000000', null),
    ('-0.000001', null),
    ('-1', null),
    ('nan', null),
    ('inf', null),
    ('half', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ weight('raw_value') }} is distinct from expected
