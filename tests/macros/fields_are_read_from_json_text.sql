-- At any depth, as text. What is no JSON has no fields.

with

examples (record, expected) as (

    values
    ('{"a": {"b": "c"}}', 'c'),
    ('{"a": {"b": " c "}}', 'c'),
    ('{"a": {"b": "' || chr(160) || 'c' || chr(160) || '"}}', 'c'),
    ('{"a": {"b": 12.5}}', '12.5'),
    ('{"a": {"b": true}}', 'true'),
    ('{"a": {"b": ""}}', null),
    ('{"a": {"b": null}}', null),
    ('{"a": {}}', null),
    ('{"a": null}', null),
    ('{"b": "c"}', null),
    ('[{"a": {"b": "c"}}]', null),
    ('{"a": ', null),
    ('', null),
    (null, null)

)

select * from examples
where {{ json_text('record', 'a.b') }} is distinct from expected
