-- To the microsecond at both ends; infinity lies beyond, and words are no times.

with

examples (raw_value, expected) as (

    values
    ('2021-07-15 10:11:12', timestamp '2021-07-15 10:11:12'),
    ('2021-07-15', timestamp '2021-07-15 00:00:00'),
    ('1970-01-01 00:00:00', timestamp '1970-01-01 00:00:00'),
    ('1969-12-31 23:59:59.999999', null),
    ('2099-12-31 23:59:59.999999', timestamp '2099-12-31 23:59:59.999999'),
    ('2100-01-01 00:00:00', null),
    ('infinity', null),
    ('-infinity', null),
    ('epoch', null),
    ('EPOCH', null),
    ('2021-02-30 10:11:12', null),
    ('2021-07-15 25:61:00', null),
    ('10:11:12', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ local_timestamp('raw_value') }} is distinct from expected
