-- 90 days before 15 July is 16 April: 15 of July, 30 of June, 31 of May, 14 of April.

with

examples (moment, days, expected_before, expected_end, expected_seconds) as (

    values
    (
        timestamp '2021-07-15 12:00:00.5',
        90,
        timestamp '2021-04-16 12:00:00.5',
        timestamp '2021-07-15 23:59:59.999999',
        7776000
    ),
    (
        timestamp '2020-03-01 00:00:00',
        1,
        timestamp '2020-02-29 00:00:00',
        timestamp '2020-03-01 23:59:59.999999',
        86400
    ),
    (null, 1, null, null, null)

)

select * from examples
where
    {{ days_before('moment', 'days') }} is distinct from expected_before
    or {{ end_of_day('cast(moment as date)') }} is distinct from expected_end
    or {{ seconds_between('expected_before', 'moment') }}
    is distinct from cast(expected_seconds as double)
