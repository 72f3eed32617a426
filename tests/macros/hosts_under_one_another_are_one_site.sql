-- Either way round. Hosts that only end alike are two sites; of an unknown one nobody
-- knows.

with

examples (host, other_host, expected) as (

    values
    ('shop.example', 'shop.example', true),
    ('blog.shop.example', 'shop.example', true),
    ('shop.example', 'blog.shop.example', true),
    ('myshop.example', 'shop.example', false),
    ('t.co', 'shop.example', false),
    ('shop.example', null, null),
    (null, 'shop.example', null)

)

select * from examples
where {{ is_same_site('host', 'other_host') }} is distinct from expected
