-- Rows of one key and one fault are numbered in the given order, what is absent last;
-- those of another key or fault begin anew, and an absent key is a key too.

with

judged (property, id, value, fault, expected) as (

    values
    ('shop', 'a', 2, null, 2),
    ('shop', 'a', 1, null, 1),
    ('shop', 'a', null, null, 3),
    ('shop', 'a', 1, 'bad', 1),
    ('shop', 'b', 5, null, 1),
    ('shop', 'b', 6, null, 2),
    ('shop', 'c', 5, null, 1),
    ('stall', 'a', 2, null, 1),
    ('shop', null, 2, 'no id', 2),
    ('shop', null, 1, 'no id', 1)

),

{{ copies_numbered(['property', 'id'], order_by=['value']) }},

missing as (

    select count(*) as row_count
    from copies_numbered

)

select
    copies_numbered.property,
    copies_numbered.id
from copies_numbered
where copies_numbered.copy_number is distinct from copies_numbered.expected

union all

select
    'rows' as property,
    'lost or made' as id
from missing
where row_count != 10
