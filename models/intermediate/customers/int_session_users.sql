with

sessions as (

    select * from {{ ref('int_sessions') }}

),

-- each user has exactly one session of number 1
final as (

    select
        -- keys
        property,
        user_id,

        -- timestamps
        min(started_at) as first_session_at,
        max(case when session_number = 1 then session_date end) as first_session_date,
        max(started_at) as last_session_at,

        -- attributes
        max(case when session_number = 1 then channel end) as acquisition_channel,
        coalesce(max(case when session_number = 1 then device end), '(unknown)')
            as acquisition_device,

        -- measures
        count(*) as session_count

    from sessions

    where user_id is not null

    group by property, user_id

)

select * from final
