-- Where one part ends and the next begins is part of the key.

with

examples (first_part, second_part, third_part) as (

    values
    ('a', 'b', 'c'),
    ('a b', 'c', ''),
    ('a', 'b c', ''),
    ('ab', 'c', ''),
    ('a', 'bc', ''),
    ('', 'a', 'bc')

),

keyed as (

    select {{ hash_key(['first_part', 'second_part', 'third_part']) }} as example_key
    from examples

)

select example_key
from keyed
group by example_key
having count(*) > 1
