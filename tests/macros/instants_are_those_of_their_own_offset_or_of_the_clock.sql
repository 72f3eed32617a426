-- An offset, Z or UTC is taken at its word, with a space before it or none; what says
-- none is on the given clock. Berlin skips 02:00 to 03:00 on 2024-03-31 and repeats it
-- on 2024-10-27. 24:00 is 0:00 of the next day; what separates day and time may be any
-- space.

with

examples (raw_value, time_zone, expected) as (

    values
    ('2024-01-05 10:15:00', 'UTC', timestamp '2024-01-05 10:15:00'),
    ('2024-01-05 10:15:00', 'Europe/Berlin', timestamp '2024-01-05 09:15:00'),
    ('2024-07-05 10:15:00', 'Europe/Berlin', timestamp '2024-07-05 08:15:00'),
    ('2024-01-05T10:15:00Z', 'Europe/Berlin', timestamp '2024-01-05 10:15:00'),
    ('2024-01-05 10:15:00 UTC', 'Europe/Berlin', timestamp '2024-01-05 10:15:00'),
    ('2024-01-05 10:15:00 utc', 'Europe/Berlin', timestamp '2024-01-05 10:15:00'),
    ('2024-01-05 10:15 Utc', 'Europe/Berlin', timestamp '2024-01-05 10:15:00'),
    ('2024-01-05 10:15:00+05:30:15', 'UTC', timestamp '2024-01-05 04:44:45'),
    ('2024-01-05T10:15-053015', 'UTC', timestamp '2024-01-05 15:45:15'),
    ('2024-01-05 10:15:00 -0500', 'Europe/Berlin', timestamp '2024-01-05 15:15:00'),
    ('2024-01-05T10:15:00.5+05:30', 'UTC', timestamp '2024-01-05 04:45:00.5'),
    ('2024-01-05 10:15+01', 'UTC', timestamp '2024-01-05 09:15:00'),
    ('2024-01-05', 'Europe/Berlin', timestamp '2024-01-04 23:00:00'),
    ('2024-03-31 01:59:59', 'Europe/Berlin', timestamp '2024-03-31 00:59:59'),
    ('2024-03-31 02:30:00', 'Europe/Berlin', timestamp '2024-03-31 01:30:00'),
    ('2024-03-31 03:00:00', 'Europe/Berlin', timestamp '2024-03-31 01:00:00'),
    ('2024-10-27 02:30:00+02:00', 'Europe/Berlin', timestamp '2024-10-27 00:30:00'),
    ('2024-10-27 02:30:00+01:00', 'Europe/Berlin', timestamp '2024-10-27 01:30:00'),
    ('2024-10-27 02:30:00', 'Europe/Berlin', timestamp '2024-10-27 01:30:00'),
    ('2024-01-05 24:00:00', 'UTC', timestamp '2024-01-06 00:00:00'),
    ('2024-01-05 24:00', 'Europe/Berlin', timestamp '2024-01-05 23:00:00'),
    ('2024-01-05T24:00:00.000+01:00', 'UTC', timestamp '2024-01-05 23:00:00'),
    ('2024-01-05 24:00:01', 'UTC', null),
    ('2024-01-05 24:30', 'UTC', null),
    ('2024-01-05 23:59:60', 'UTC', null),
    ('2024-01-05' || chr(9) || '10:15:00', 'UTC', timestamp '2024-01-05 10:15:00'),
    ('2024-01-05' || chr(9) || '10:15Z', 'UTC', timestamp '2024-01-05 10:15:00'),
    ('2024-01-05T  9:05+01', 'UTC', timestamp '2024-01-05 08:05:00'),
    ('2024/1/5 9:5 +0100', 'UTC', timestamp '2024-01-05 08:05:00'),
    ('2024-01-05TT10:15:00', 'UTC', null),
    ('2024-01-05 10:15:000', 'UTC', null),
    ('2024-01-05Z', 'UTC', null),
    ('2024-01', 'UTC', null),
    ('1970-01-01 00:30:00+01:00', 'UTC', null),
    ('1969-12-31 24:00', 'UTC', timestamp '1970-01-01 00:00:00'),
    ('1969-12-31 23:30:00-01:00', 'UTC', timestamp '1970-01-01 00:30:00'),
    ('2099-12-31 24:00', 'UTC', null),
    ('2100-01-01 00:30:00+01:00', 'UTC', timestamp '2099-12-31 23:30:00'),
    ('1969-12-31 23:30:00Z', 'UTC', null),
    ('2024-02-30 10:15:00Z', 'UTC', null),
    ('05/01/2024 10:15', 'UTC', null),
    ('epoch', 'UTC', null),
    (null, 'UTC', null)

)

select * from examples
where {{ utc_timestamp('raw_value', 'time_zone') }} is distinct from expected
