{# New, changed and gone units are changed, and what the last run left undone. #}

with

users (user_id, fingerprint) as (

    values
    ('same', 1),
    ('other', 2),
    ('new', 3),
    ('undone', 4)

),

last_users (user_id, fingerprint, is_changed) as (

    values
    ('same', 1, false),
    ('other', 9, false),
    ('gone', 3, false),
    ('undone', 4, true)

),

expected (user_id, fingerprint, is_changed) as (

    values
    ('same', 1, false),
    ('other', 2, true),
    ('new', 3, true),
    ('gone', null, true),
    ('undone', 4, true)

),

actual as (

    {{ compared('users', 'last_users', ['user_id']) }}

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
