{#
    The user that a visitor's events name, where it is one alone. What happens outside of
    sessions says nothing of a visitor.
#}

with

events as (

    select * from {{ ref('stg_ga4__events') }}

    where session_id is not null

),

visitors as (

    select
        -- keys
        property,
        visitor_id,
        min(user_id) as user_id

    from events

    group by property, visitor_id

    having min(user_id) = max(user_id)

)

select * from visitors
