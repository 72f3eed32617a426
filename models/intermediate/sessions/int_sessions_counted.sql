{#
    The sessions that count, at what they cost in the property's currency.
#}

with

sessions as (

    select * from {{ ref('int_sessions_unioned') }}

),

refused as (

    select * from {{ ref('int_sessions_refused') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

rates as (

    select * from {{ ref('int_exchange_rates') }}

),

-- few sessions cost anything in another currency: only theirs is the day looked up
final as (

    select
        sessions.{{ all_but(['session_cost', 'currency', 'raw_table']) }},
        case
            when {{ is_foreign(
                'sessions.session_cost', 'sessions.currency', 'properties.currency'
            ) }}
                then {{ exchanged_amount(
                    'sessions.session_cost', 'rates.rate', 'rates.own_rate', 6, digits=7
                ) }}
            else sessions.session_cost
        end as session_cost

    from sessions

    inner join properties
        on sessions.property = properties.property

    left join rates
        on sessions.property = rates.property
        and sessions.currency = rates.currency
        and rates.rate_date = case
            when sessions.currency != properties.currency
                then {{ local_day('sessions', 'properties') }}
        end

    left join refused
        on sessions.property = refused.property
        and sessions.session_id = refused.session_id

    where refused.session_id is null

)

select * from final
