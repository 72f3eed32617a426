-- Never a house, a street or a postcode: where it cannot be told, there is none.

with

examples (address, expected_city, expected_country) as (

    values
    ('1 High St, 01234 Springfield, Utopia', 'Springfield', 'Utopia'),
    ('1 High St , New  Haven AB1 2CD , United States ', 'New Haven', 'United States'),
    ('2 High St, Back House, São Paulo, Brazil', 'São Paulo', 'Brazil'),
    ('1 High St,' || chr(160) || 'Springfield, Utopia', 'Springfield', 'Utopia'),
    ('High St, 01234, Utopia', null, 'Utopia'),
    ('1 High St, Utopia', null, 'Utopia'),
    ('1 High St, Flat 5', null, null),
    ('1 High St, Springfield, AB1 2CD', null, null),
    ('1 High St, Springfield,', null, null),
    ('High Street', null, null),
    ('', null, null),
    (null, null, null)

)

select * from examples
where
    {{ address_city('address') }} is distinct from expected_city
    or {{ address_country('address') }} is distinct from expected_country
