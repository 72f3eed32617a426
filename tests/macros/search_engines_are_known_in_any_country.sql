-- What else lies under an engine's name is another site.

with

examples (host, expected) as (

    values
    ('google.com', 'google'),
    ('google.de', 'google'),
    ('google.co.uk', 'google'),
    ('google.com.au', 'google'),
    ('m.baidu.com', 'baidu'),
    ('search.yahoo.com', 'yahoo'),
    ('duckduckgo.com', 'duckduckgo'),
    ('mail.google.com', null),
    ('accounts.google.co.uk', null),
    ('notgoogle.com', null),
    ('google.example.com', null),
    ('google', null),
    (null, null)

)

select * from examples
where {{ search_engine_of('host') }} is distinct from expected
