-- Compared with `is distinct from`: a macro that returns null must not pass.

with

examples (raw_value, expected) as (

    values
    ('GB', 'GB'),
    (' GB ', 'GB'),
    ('two words', 'two words'),
    (' first', 'first'),
    ('last ', 'last'),
    ('GABS' || chr(160), 'GABS'),
    ('Hermès', 'Hermès'),
    ('', null),
    ('   ', null),
    (null, null)

)

select * from examples
where {{ text('raw_value') }} is distinct from expected
