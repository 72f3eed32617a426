-- What is neither is unknown, and so is what is absent: not false.

with

examples (raw_value, expected) as (

    values
    ('1', true),
    ('0', false),
    ('true', true),
    ('False', false),
    -- a column of numbers with gaps, as programs write it
    ('1.0', true),
    ('0.0', false),
    ('Yes', true),
    ('n', false),
    ('on', true),
    ('off', false),
    ('Ja', true),
    ('nein', false),
    ('oui', true),
    ('Non', false),
    ('granted', true),
    ('DENIED', false),
    ('2', null),
    ('maybe', null),
    (chr(9) || 'true', null),
    ('ja' || chr(10), null),
    ('1' || chr(10), null),
    ('', null),
    (null, null)

)

select * from examples
where {{ flag('raw_value') }} is distinct from expected
