-- However a telephone number is set, it is one number; without a digit it is none.

with

examples (spelling, expected) as (

    values
    ('+00 555-01', '0055501'),
    ('(+00) 555 01', '0055501'),
    ('none', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ digits('spelling') }} is distinct from expected
