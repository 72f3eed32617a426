{#
    Which row of the books stands for a conversion: that of the smallest user_id, then
    of the earliest day. The others are rejected.
#}

with

conversions as (

    select * from {{ ref('int_backend_conversions_checked') }}
    where rejection_reason is null

),

numbered as (

    select
        *,
        row_number() over (
            partition by property, conversion_id
            order by user_id nulls last, conversion_date nulls last
        ) as copy_number

    from conversions

)

select * from numbered
