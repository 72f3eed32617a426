-- A visit without a channel came directly; one whose channel begins like it did not.

with

examples (source_channel, expected) as (

    values
    ('direct', true),
    ('(direct)', true),
    ('Direct Traffic', true),
    (' (NONE) ', true),
    ('', true),
    ('  ', true),
    (null, true),
    ('direct mail', false),
    ('(not set)', false),
    ('Email', false)

)

select * from examples
where {{ is_direct('source_channel') }} is distinct from expected
