-- Spreadsheets write 12 as 12.0; half a click is no click.

with

examples (raw_value, expected) as (

    values
    ('12', 12),
    ('12.0', 12),
    (' 12 ', 12),
    ('0', 0),
    ('-3', -3),
    ('12.5', null),
    ('0.000001', null),
    ('1,000', null),
    ('many', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ whole_number('raw_value') }} is distinct from expected
