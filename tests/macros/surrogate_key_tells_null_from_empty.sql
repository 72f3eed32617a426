-- The md5 sums, as md5sum prints them, of the parts with the character 31 between: it
-- keeps ('a', 'b') from ('ab', ''), and ('a|b', 'c') from ('a', 'b|c'). A null part is
-- `<null>`, not an empty one.

with

examples (first_part, second_part, expected) as (

    values
    ('a', 'b', 'dde141cc50d6118a5ddaae1a01b74f99'),
    ('ab', '', 'b6aff9963bebbd6333ad855dc2f84cb7'),
    ('ab', null, 'ff5eb367ac7077079f2848477917ec18'),
    (null, 'ab', 'e42ea61f005db6b1260d55f4c0055fa5'),
    ('a|b', 'c', '6e31c532dc516f168319a8dcae8809b7'),
    ('a', 'b|c', '268cb35a619b6a39601980afffe7c39e')

)

select * from examples
where {{ surrogate_key(['first_part', 'second_part']) }} is distinct from expected
