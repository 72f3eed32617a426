{#
    The model says of each row what another says, column by column: all of its columns
    stand there under the same name and with the same values, as its own types have
    them, and it has no other rows.

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

with

repeated as (

    select
        {{ names | join(',\n        ') }}
    from {{ model }}

),

said as (

    select
        {{ values | join(',\n        ') }}
    from {{ origin }}

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
