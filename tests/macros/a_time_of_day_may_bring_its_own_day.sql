-- The time's own day goes before the other column's; without a time, or with one that
-- cannot be read, there is no timestamp.

with

examples (raw_day, raw_time, expected) as (

    values
    ('2021-07-15', '10:11:12', timestamp '2021-07-15 10:11:12'),
    ('2021-07-15', '10:11:12.5', timestamp '2021-07-15 10:11:12.5'),
    ('2021-07-15', '2021-07-16 00:10:00', timestamp '2021-07-16 00:10:00'),
    (null, '2021-07-16 00:10:00', timestamp '2021-07-16 00:10:00'),
    ('2021-07-15', '24:00', timestamp '2021-07-16 00:00:00'),
    ('2021-07-15', '10:11:12.5Z', timestamp '2021-07-15 10:11:12.5'),
    ('2021-07-15', '10:11Z', null),
    ('2021-07-15', '25:61:00', null),
    ('2021-07-15', 'noon', null),
    ('2021-07-15', '', null),
    ('2021-07-15', null, null),
    ('2021-02-30', '10:11:12', null),
    (null, '10:11:12', null)

)

select * from examples
where {{ local_timestamp_of('raw_day', 'raw_time') }} is distinct from expected
