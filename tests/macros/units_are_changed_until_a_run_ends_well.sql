{#
    New, changed and gone units are changed, and what the last run left undone. A unit is
    told by all of its key: the same user elsewhere is another.
#}

with

users (property, user_id, fingerprint) as (

    values
    ('a', 'same', 1),
    ('a', 'other', 2),
    ('a', 'new', 3),
    ('a', 'undone', 4),
    ('b', 'same', 5)

),

last_users (property, user_id, fingerprint, is_changed) as (

    values
    ('a', 'same', 1, false),
    ('a', 'other', 9, false),
    ('a', 'gone', 3, false),
    ('a', 'undone', 4, true)

),

expected (property, user_id, fingerprint, is_changed) as (

    values
    ('a', 'same', 1, false),
    ('a', 'other', 2, true),
    ('a', 'new', 3, true),
    ('a', 'gone', null, true),
    ('a', 'undone', 4, true),
    ('b', 'same', 5, true)

),

actual as (

    {{ compared('users', 'last_users', ['property', 'user_id']) }}

),

wrong as (

    select * from actual
    except
    select * from expected

),

missing as (

    select * from expected
    except
    select * from actual

),

validation_errors as (

    select * from wrong
    union all
    select * from missing

)

select * from validation_errors
