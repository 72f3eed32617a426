-- That there was a value stays, and nothing of it.

with

examples (personal_value, expected) as (

    values
    ('1 High Street', '***'),
    ('', '***'),
    (null, null)

)

select * from examples
where {{ masked('personal_value') }} is distinct from expected
