-- Up to the end of 2099. Milliseconds are read as what they are not, and lie in 1970.

with

examples (event_timestamp, expected) as (

    values
    ('1704400000123456', timestamp '2024-01-04 20:26:40.123456'),
    ('0', timestamp '1970-01-01 00:00:00'),
    ('4102444799999999', timestamp '2099-12-31 23:59:59.999999'),
    ('4102444800000000', null),
    ('-1', null),
    ('2024-01-04 20:26:40', null),
    ('99999999999999999999', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ timestamp_of_microseconds('event_timestamp') }} is distinct from expected
