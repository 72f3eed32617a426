-- Only the words themselves are told apart: other brackets and spellings are names.

with

examples (raw_value, expected) as (

    values
    ('(all)', 'all'),
    ('(no session)', 'no session'),
    ('(no touchpoint)', 'no touchpoint'),
    ('(unknown)', null),
    ('all', 'all'),
    ('unknown', 'unknown'),
    ('(All)', '(All)'),
    ('(direct)', '(direct)'),
    ('Email (all)', 'Email (all)'),
    (null, null)

)

select * from examples
where {{ unreserved('raw_value') }} is distinct from expected
