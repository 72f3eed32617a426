-- Fisher and Yates 1938, table III, two-sided 95 %.

with

examples (degrees, expected) as (

    values
    (5, 2.5706),
    (6, 2.447),
    (10, 2.228),
    (11, 2.201),
    (30, 2.042),
    (120, 1.980)

)

select * from examples
where (abs({{ student_t('degrees') }} - expected) <= 0.0006) is not true
