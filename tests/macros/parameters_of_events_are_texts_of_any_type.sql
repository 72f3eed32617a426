-- The first of a key counts; whole numbers come as text or as numbers.

with

examples (event_params, expected) as (

    values
    ('[{"key": "k", "value": {"string_value": "v"}}]', 'v'),
    ('[{"key": "k", "value": {"string_value": null, "int_value": "17"}}]', '17'),
    ('[{"key": "k", "value": {"int_value": 1704400000}}]', '1704400000'),
    ('[{"key": "k", "value": {"double_value": 12.5}}]', '12.5'),
    ('[{"key": "k", "value": {"float_value": 0.25}}]', '0.25'),
    (
        '[{"key": "x", "value": {"int_value": 1}}, {"key": "k", "value": '
        || '{"int_value": 2}}, {"key": "k", "value": {"int_value": 3}}]',
        '2'
    ),
    ('[{"key": "k", "value": {"string_value": " v' || chr(160) || '"}}]', 'v'),
    ('[{"key": "k", "value": {"string_value": " "}}]', null),
    ('[{"key": "k", "value": null}]', null),
    ('[{"key": "K", "value": {"int_value": 1}}]', null),
    ('[]', null),
    ('{"k": 1}', null),
    ('[{"key": "k"', null),
    (null, null)

),

parsed as (

    select
        *,
        {{ event_parameters('event_params') }} as parameters

    from examples

)

select * from parsed
where {{ event_parameter('parameters', 'k') }} is distinct from expected
