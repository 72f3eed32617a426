-- What a column holds is told by its type as well: 100 as a whole number and 1.00 as an
-- amount are the same bytes, and so are the first words of two enums.

{{ config(enabled=target.type != 'spark') }}

with

cents as (

    select
        cast(100 as bigint) as cost,
        cast('click' as enum('click', 'like')) as action

),

amounts as (

    select
        cast(1.00 as decimal(18, 2)) as cost,
        cast('click' as enum('click', 'like')) as action

),

renamed as (

    select
        cast(100 as bigint) as cost,
        cast('view' as enum('view', 'like')) as action

),

told as (

    select {{ fingerprint('cents') }} as told_by
    from cents

    union all

    select {{ fingerprint('amounts') }} as told_by
    from amounts

    union all

    select {{ fingerprint('renamed') }} as told_by
    from renamed

)

select told_by
from told
group by told_by
having count(*) > 1
