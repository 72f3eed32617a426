-- Berlin is an hour ahead of UTC in winter and two in summer, which begins at
-- 2021-03-28 01:00 UTC. Each row is read both ways.

with

examples (time_zone, local_time, utc_time) as (

    values
    ('Europe/Berlin', timestamp '2021-01-15 00:30', timestamp '2021-01-14 23:30'),
    ('Europe/Berlin', timestamp '2021-07-15 00:30', timestamp '2021-07-14 22:30'),
    ('Europe/Berlin', timestamp '2021-03-28 01:59', timestamp '2021-03-28 00:59'),
    ('Europe/Berlin', timestamp '2021-03-28 03:00', timestamp '2021-03-28 01:00'),
    ('Asia/Kolkata', timestamp '2021-07-15 05:30', timestamp '2021-07-15 00:00'),
    ('UTC', timestamp '2021-07-15 00:30', timestamp '2021-07-15 00:30'),
    ('Europe/Berlin', null, null),
    ('UTC', null, null)

)

select * from examples
where
    {{ to_utc('local_time', 'time_zone') }} is distinct from utc_time
    or {{ to_local('utc_time', 'time_zone') }} is distinct from local_time
