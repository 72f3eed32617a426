-- (0, 1), (1, 3), (2, 5) lie on a line of slope 2; points above each other on none.

with

examples (n, x, y, xx, xy, expected) as (

    values
    (3, 3, 9, 5, 13, 2),
    (2, 1, 2, 1, 2, 2),
    (2, 2, 5, 2, 5, null)

)

select * from examples
where
    {{ least_squares_slope(
        'cast(n as double)',
        'cast(x as double)',
        'cast(y as double)',
        'cast(xx as double)',
        'cast(xy as double)'
    ) }}
    is distinct from cast(expected as double)
