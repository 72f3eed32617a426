-- Days that no month has, and days before 1970 or after 2099, are no dates.

with

examples (raw_value, expected) as (

    values
    ('2021-07-15', date '2021-07-15'),
    ('2021-07-15 23:59:59', date '2021-07-15'),
    ('2020-02-29', date '2020-02-29'),
    ('2021-02-29', null),
    ('2021-02-30', null),
    ('1970-01-01', date '1970-01-01'),
    ('1969-12-31', null),
    ('2099-12-31', date '2099-12-31'),
    ('2100-01-01', null),
    ('infinity', null),
    ('yesterday', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ local_date('raw_value') }} is distinct from expected
