-- By property, and from a session that is called like a user; a user's sessions are one
-- unit.

with

sessions (property, user_id, session_id, unit) as (

    values
    ('a', 'u1', 's1', 1),
    ('a', 'u1', 's2', 1),
    ('a', null, 'u1', 2),
    ('a', null, 's1', 3),
    ('b', 'u1', 's1', 4),
    ('b', null, 'u1', 5)

),

units as (

    select
        unit,
        {{ unit_of_user('property', 'user_id', 'session_id') }} as unit_key

    from sessions

)

select
    units.unit,
    other_units.unit as other_unit

from units

inner join units as other_units
    on (
        (units.unit_key = other_units.unit_key) = (units.unit = other_units.unit)
    ) is not true
