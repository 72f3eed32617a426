{#
    Who does not count in each property. A property's own row goes before the one for
    all.
#}

with

excluded_users as (

    select * from {{ ref('excluded_users') }}
    where user_id is not null

),

properties as (

    select * from {{ ref('int_properties') }}

),

placed as (

    select
        properties.property,
        trim(excluded_users.user_id) as user_id,
        excluded_users.reason,
        row_number() over (
            partition by properties.property, trim(excluded_users.user_id)
            order by
                case when excluded_users.property = '*' then 1 else 0 end,
                excluded_users.reason nulls last
        ) as row_number

    from excluded_users

    inner join properties
        on excluded_users.property in ('*', properties.property)

),

final as (

    select
        -- keys
        property,
        user_id,

        -- attributes
        'excluded user: ' || coalesce(reason, 'no reason given') as rejection_reason

    from placed

    where row_number = 1

)

select * from final
