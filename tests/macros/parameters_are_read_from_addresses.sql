-- The first of a name counts, what follows # does not, and values are decoded. What is
-- no UTF-8 stays as it was written.

with

examples (url, expected) as (

    values
    ('https://shop.example/?utm_source=google&utm_medium=cpc', 'google'),
    ('?a=1&utm_source=news%20letter+M%C3%BCnchen', 'news letter München'),
    ('/?a=1&amp;utm_source=a%26b', 'a&b'),
    ('/?UTM_Source=a', 'a'),
    ('/?utm_source=a&utm_source=b', 'a'),
    ('/?utm_source=a%3Db=c#d', 'a=b=c'),
    ('/?utm_source=M%FCnchen', 'M%FCnchen'),
    ('/?utm_source=100%', '100%'),
    ('/?utm_source=%C2%A0a+%E3%80%80', 'a'),
    ('/?utm_source=' || chr(160) || 'a', 'a'),
    ('/?utm_source=a%00b', 'ab'),
    ('/?utm_source=', null),
    ('/?utm_source=+%20', null),
    ('/?utm_source=%C2%A0', null),
    ('/?utm_source', null),
    ('/?my_utm_source=a', null),
    ('/?utm_sources=a', null),
    ('/#?utm_source=a', null),
    ('/utm_source=a', null),
    (null, null)

)

select * from examples
where {{ url_parameter('url', 'utm_source') }} is distinct from expected
