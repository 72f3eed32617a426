-- A timestamp with an offset may lie on another day of the clock than it writes.

with

examples (raw_value, time_zone, expected_day, expected_alone) as (

    values
    ('2024-01-05', 'Europe/Berlin', date '2024-01-05', true),
    ('2024-01-05 23:30:00', 'Europe/Berlin', date '2024-01-05', false),
    ('2024-01-05T23:30:00Z', 'Europe/Berlin', date '2024-01-06', false),
    ('2024-01-05 01:30:00+01:00', 'America/New_York', date '2024-01-04', false),
    ('2024-02-30', 'UTC', null, true),
    (null, 'UTC', null, null)

)

select * from examples
where
    {{ local_day_of('raw_value', 'time_zone') }} is distinct from expected_day
    or {{ is_day_alone('raw_value') }} is distinct from expected_alone
