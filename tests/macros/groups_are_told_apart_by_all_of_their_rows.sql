-- Groups with other rows, fewer or more of them have other fingerprints. What is
-- built whole each time needs none.

{{ config(enabled=target.type != 'spark') }}

with

examples (example_number, word) as (

    values
    (1, 'a'),
    (2, 'b'),
    (3, 'c')

),

members (group_name, member) as (

    values
    ('a', 1),
    ('b', 2),
    ('c', 3),
    ('a and b', 1), ('a and b', 2),
    ('a and c', 1), ('a and c', 3),
    ('b and c', 2), ('b and c', 3),
    ('b and b', 2), ('b and b', 2),
    ('all', 1), ('all', 2), ('all', 3)

),

told as (

    select
        members.group_name,
        {{ fingerprint('examples') }} as told_by
    from members
    inner join examples
        on members.member = examples.example_number
    group by members.group_name

)

select told_by
from told
group by told_by
having count(*) > 1
