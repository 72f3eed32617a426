-- What is neither is unknown, and so is what is absent: not false.

with

examples (raw_value, expected) as (

    values
    ('1', true),
    ('0', false),
    (' 1 ', true),
    ('true', true),
    ('False', false),
    ('2', null),
    ('maybe', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ flag('raw_value') }} is distinct from expected
