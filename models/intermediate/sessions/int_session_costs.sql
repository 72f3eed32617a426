{#
    What sessions cost where that comes in a table of its own. Few models ask for it, and
    in int_sessions_unioned every one would join it.
#}

with

-- Company X's export of 2023; that of 2021 has the cost of the click with the session
company_x_costs as (

    select * from {{ ref('stg_company_x__session_costs') }}

),

final as (

    select
        -- keys
        property,
        session_id,

        -- measures
        cost as session_cost

    from company_x_costs

)

select * from final
