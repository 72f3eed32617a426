-- Whatever stands before or after the host; a path names none.

with

examples (url, expected) as (

    values
    ('https://www.google.de/search?q=a', 'google.de'),
    ('HTTP://WWW.Shop.Example:8080', 'shop.example'),
    ('//cdn.example/a', 'cdn.example'),
    ('https://user:word@shop.example/a@b', 'shop.example'),
    ('android-app://com.google.android.gm/', 'com.google.android.gm'),
    ('shop.example', 'shop.example'),
    ('www.shop.example/a?b=c.d', 'shop.example'),
    ('shop.example:443', 'shop.example'),
    (' https://shop.example.?a', 'shop.example'),
    ('https://m.facebook.com#top', 'm.facebook.com'),
    ('https://bücher.example/', 'bücher.example'),
    ('https://wwwhat.example', 'wwwhat.example'),
    ('google.com/url?q=https://shop.example/', 'google.com'),
    ('shop.example//a', 'shop.example'),
    ('/checkout?from=shop.example', null),
    ('/checkout?from=https://shop.example', null),
    ('checkout', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ url_host('url') }} is distinct from expected
