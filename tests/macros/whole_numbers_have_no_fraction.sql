-- Spreadsheets write 12 as 12.0; half a click is no click.

with

examples (raw_value, expected) as (

    values
    ('12', 12),
    ('12.0', 12),
    ('0', 0),
    -- the page of a GA4 event is numbered in milliseconds
    ('1721600000123', 1721600000123),
    ('1000000000000000', null),
    ('-3', -3),
    ('12.5', null),
    -- fifteen digits and three places are all that its decimal holds
    ('999999999999999', 999999999999999),
    ('1721600000123.25', null),
    ('12.0004', null),
    ('1e3', 1000),
    ('0.000001', null),
    ('1,000', null),
    ('1_000', 1000),
    ('12' || chr(10), 12),
    ('many', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ whole_number('raw_value') }} is distinct from expected

union all

select
    '1000.0' as raw_value,
    null as expected
where {{ whole_number("'1000.0'", digits=3) }} is not null
