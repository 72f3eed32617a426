-- Only Spark asks for it; DuckDB's own text of a number is the pattern. A whole number
-- has no point, so that an id of which a null made a double stays that id.

with

examples (written, expected, expected_of_float) as (

    values
    ('3', '3', '3'),
    ('0', '0', '0'),
    ('-0.0', '0', '0'),
    ('-5', '-5', '-5'),
    ('10000000', '10000000', '10000000'),
    ('12345678', '12345678', '12345678'),
    ('9007199254740993', '9007199254740992', '9007199254740992'),
    ('1e16', '1e+16', null),
    ('1.2021e17', '1.2021e+17', null),
    ('0.1', '0.1', '0.1'),
    ('-5.25', '-5.25', '-5.25'),
    ('10.5', '10.5', '10.5'),
    ('0.30000000000000004', '0.30000000000000004', '0.3'),
    ('2673503.75', '2673503.75', '2673503.75'),
    ('123456789.123', '123456789.123', '123456792'),
    ('0.0001', '0.0001', '0.0001'),
    ('0.00012345', '0.00012345', '0.00012345'),
    ('0.0000999', '9.99e-05', '9.99e-05'),
    ('1e-7', '1e-07', '1e-07'),
    ('2.5e-10', '2.5e-10', '2.5e-10'),
    ('NaN', null, null),
    (null, null, null)

),

numbers as (

    select
        *,
        cast(written as double) as of_double,
        cast(case when expected_of_float is not null then written end as float)
            as of_float

    from examples

)

select * from numbers
where
    {{ parquet_value({'name': 'of_double', 'dtype': 'double'}) }}
    is distinct from expected
    or {{ parquet_value({'name': 'of_float', 'dtype': 'float'}) }}
    is distinct from expected_of_float
