-- The last click wrote the last one. A name without a value is none.

with

examples (url, expected) as (

    values
    ('https://shop.example/?gclid=1&utm_source=a&fbclid=2', 'fbclid'),
    ('/?fbclid=2&gclid=1', 'gclid'),
    ('/?a=b&amp;GCLID=Cj0', 'gclid'),
    ('/?fbclid=2&gclid=', 'fbclid'),
    ('/?fbclid=2&gclid', 'fbclid'),
    ('/?my_gclid=1', null),
    ('/?a=gclid=1', null),
    ('/#gclid=1', null),
    ('/?a=1#&gclid=1', null),
    ('/', null),
    (null, null)

)

select * from examples
where
    {{ last_parameter_of('url', "split('fbclid gclid', ' ')") }}
    is distinct from expected
