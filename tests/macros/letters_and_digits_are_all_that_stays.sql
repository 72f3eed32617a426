-- Of every alphabet; names are compared without what people type between the letters.

with

examples (spelling, expected) as (

    values
    ('fb & ig ads', 'fbigads'),
    ('FB_IG-Ads!', 'FBIGAds'),
    ('Café 24/7', 'Café247'),
    ('Яндекс.Директ', 'ЯндексДирект'),
    ('&', ''),
    ('', ''),
    (null, null)

)

select * from examples
where {{ letters_and_digits('spelling') }} is distinct from expected
