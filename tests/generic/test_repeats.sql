{#
    The model says of each row what another says, column by column: all of its columns
    stand there under the same name and with the same values, as its own types have
    them, and it has no other rows. Sums of hashes tell where to look, so that a
    difference goes unseen as rarely as once in 2^64.

    arguments
        origin: the model that is repeated
#}
{% test repeats(model, origin) %}

{%- set names, values = [], [] %}
{%- if execute %}
{%- for column in adapter.get_columns_in_relation(model) %}
{%- do names.append(column.name) %}
{%- do values.append(
    'cast(' ~ column.name ~ ' as ' ~ column.data_type ~ ') as ' ~ column.name
) %}
{%- endfor %}
{%- endif %}

{%- set repeated %}
    select
        {{ names | join(',\n        ') }}
    from {{ model }}
{%- endset %}

{%- set said %}
    select
        {{ values | join(',\n        ') }}
    from {{ origin }}
{%- endset %}

{%- set part = row_hash(names) ~ ' % 1000' %}

with

{% if compares_in_memory() -%}
hashed as (

    select
        {{ part }} as part,
        -- hashed twice: rows that swap a value must not come to the same sum
        cast({{ row_hash([row_hash(names)]) }} as decimal(38, 0)) as repeated_hash,
        cast(0 as decimal(38, 0)) as said_hash
    from ({{ repeated }}) as repeated

    union all

    select
        {{ part }} as part,
        cast(0 as decimal(38, 0)) as repeated_hash,
        cast({{ row_hash([row_hash(names)]) }} as decimal(38, 0)) as said_hash
    from ({{ said }}) as said

),

-- rows are compared where they differ: millions of them, side by side, fill the memory
differing_parts as (

    select part

    from hashed

    group by part

    having sum(repeated_hash) != sum(said_hash)

),
{%- endif %}

repeated as (

    select * from ({{ repeated }}) as repeated
    {%- if compares_in_memory() %}
    where {{ part }} in (select part from differing_parts)
    {%- endif %}

),

said as (

    select * from ({{ said }}) as said
    {%- if compares_in_memory() %}
    where {{ part }} in (select part from differing_parts)
    {%- endif %}

),

added as (

    select * from repeated
    except all
    select * from said

),

lost as (

    select * from said
    except all
    select * from repeated

)

select * from added
union all
select * from lost

{% endtest %}
