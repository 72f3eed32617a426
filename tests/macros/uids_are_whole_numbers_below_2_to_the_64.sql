-- Anything else is refused with what is wrong with it; no uid at all is no fault. Zeros
-- before the number are digits like others: 007 is not 7.

with

examples (uid, expected) as (

    values
    ('0', null),
    ('007', null),
    ('9223372036854775807', null),
    ('9223372036854775808', null),
    ('18446744073709551615', null),
    (null, null),
    ('00018446744073709551615', null),
    ('18446744073709551616', 'uid exceeds 64 bits'),
    ('00018446744073709551616', 'uid exceeds 64 bits'),
    (repeat('9', 60), 'uid exceeds 64 bits'),
    (repeat('0', 19) || '18446744073709551616', 'uid exceeds 64 bits'),
    (repeat('0', 40) || repeat('9', 20), 'uid exceeds 64 bits'),
    ('1.03293E+19', 'uid is in scientific notation: its digits are lost'),
    ('1,03293E+19', 'uid is in scientific notation: its digits are lost'),
    ('5e18', 'uid is in scientific notation: its digits are lost'),
    ('-1.5e-3', 'uid is in scientific notation: its digits are lost'),
    ('10329302124590727494.0', 'uid has decimals'),
    ('17,5', 'uid has decimals'),
    ('.5', 'uid has decimals'),
    ('-17', 'uid has a sign'),
    ('+17', 'uid has a sign'),
    ('user_17', 'uid is not a whole number'),
    ('0x1F', 'uid is not a whole number'),
    ('1 7', 'uid is not a whole number'),
    ('17e', 'uid is not a whole number'),
    ('e19', 'uid is not a whole number'),
    ('nan', 'uid is not a whole number')

)

select * from examples
where {{ uid_fault('uid') }} is distinct from expected
