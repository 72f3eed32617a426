-- Nobody is known for want of a word; where nothing is said, nothing is.

with

examples (raw_value, expected) as (

    values
    ('1', true),
    ('ja', true),
    ('0', false),
    ('0.0', false),
    ('maybe', false),
    ('withdrawn', false),
    (null, null)

)

select * from examples
where {{ consent('raw_value') }} is distinct from expected
