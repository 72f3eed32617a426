-- 2.5 and 7.5 go up, 2.25 goes down. All parts are the whole, even one that a double
-- cannot hold: 2^53 + 1.

with

examples (whole, part_count, total_count, expected) as (

    values
    (10, 1, 4, 3),
    (10, 3, 4, 8),
    (9, 1, 4, 2),
    (10, 0, 4, 0),
    (10, 4, 4, 10),
    (0, 1, 3, 0),
    (10000001, 1, 3, 3333334),
    (10000001, 2, 3, 6666667),
    (9007199254740993, 1, 2, 4503599627370497),
    (9007199254740993, 3, 3, 9007199254740993),
    (null, 1, 3, null)

)

select * from examples
where {{ rounded_part('whole', 'part_count', 'total_count') }} is distinct from expected
