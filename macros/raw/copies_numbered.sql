{#
    with

    judged as {{ inlined(reads_places=true) }} (…),

    {{ copies_numbered(['property', 'session_id'], order_by=['market', 'source_row']) }}

    select * from copies_numbered

    The steps that add copy_number to step `judged`: which of the rows of one key and one
    fault a row is, in the given order. Where copies are refused, the row as it came has
    to be the last of that order, so that two builds refuse the same one; where all are
    kept, it does not matter which is which. For tables of millions of rows: it reads
    them three times and sorts a few.

    Rows of one key share a hash, and few others do: those alone are numbered. The hash
    decides nothing else.
#}
{% macro copies_numbered(key, order_by=['key_hash']) -%}
hashed as {{ inlined(reads_places=true) }} (

    select
        *,
        {{ row_hash(key) }} as key_hash

    from judged

),

shared_hashes as (

    select key_hash

    from hashed

    group by key_hash

    having count(*) > 1

),

sharing_numbered as (

    select
        hashed.*,
        row_number() over (
            partition by hashed.{{ key | join(', hashed.') }}, hashed.fault
            order by
                {%- for column in order_by %}
                hashed.{{ column }} nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        ) as copy_number

    from hashed

    inner join shared_hashes
        on hashed.key_hash = shared_hashes.key_hash

),

copies_numbered as (

    select * from sharing_numbered

    union all

    select
        hashed.*,
        1 as copy_number
    from hashed
    left join shared_hashes
        on hashed.key_hash = shared_hashes.key_hash
    where shared_hashes.key_hash is null

)
{%- endmacro %}
