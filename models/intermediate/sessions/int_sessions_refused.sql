{#
    The sessions that do not count, each with the first reason that holds: its user is
    excluded, a program says that it is one, its user has more sessions that day than a
    person can have, or its cost is in a currency without a rate.
#}

{% set most = var('max_sessions_per_user_day') %}

with

sessions as {{ inlined() }} (

    select * from {{ ref('int_sessions_unioned') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

excluded_users as (

    select * from {{ ref('int_excluded_users') }}

),

rates as (

    select * from {{ ref('int_exchange_rates') }}

),

-- only who has so many sessions at all can have them on one day
busy_users as (

    select
        property,
        user_id

    from sessions

    where user_id is not null

    group by property, user_id

    having count(*) > {{ most }}

),

busy_user_sessions as (

    select
        sessions.property,
        sessions.user_id,
        {{ local_day('sessions', 'properties') }} as session_date

    from sessions

    inner join busy_users
        on sessions.property = busy_users.property
        and sessions.user_id = busy_users.user_id

    inner join properties
        on sessions.property = properties.property

),

busy_days as (

    select
        property,
        user_id,
        session_date

    from busy_user_sessions

    group by property, user_id, session_date

    having count(*) > {{ most }}

),

-- what nothing points at is left out before any of it is looked at closely
suspects as (

    select
        sessions.*,
        properties.currency as own_currency,
        {{ local_day('sessions', 'properties') }} as session_date,
        {{ is_foreign(
            'sessions.session_cost', 'sessions.currency', 'properties.currency'
        ) }} as is_foreign,
        {{ is_bot('sessions.user_agent') }} as is_bot,
        excluded_users.rejection_reason as excluded_reason

    from sessions

    inner join properties
        on sessions.property = properties.property

    left join excluded_users
        on sessions.property = excluded_users.property
        and sessions.user_id = excluded_users.user_id

    left join busy_users
        on sessions.property = busy_users.property
        and sessions.user_id = busy_users.user_id

    where
        excluded_users.user_id is not null
        or busy_users.user_id is not null
        or {{ is_foreign(
            'sessions.session_cost', 'sessions.currency', 'properties.currency'
        ) }}
        or (sessions.user_agent is not null and {{ is_bot('sessions.user_agent') }})

),

exchanged as (

    select
        suspects.*,
        rates.rate,
        rates.own_rate,
        {{ exchanged_amount(
            'suspects.session_cost', 'rates.rate', 'rates.own_rate', 6, digits=7
        ) }} as exchanged_cost,
        busy_days.session_date is not null as is_busy_day

    from suspects

    left join rates
        on suspects.property = rates.property
        and suspects.currency = rates.currency
        and suspects.session_date = rates.rate_date

    left join busy_days
        on suspects.property = busy_days.property
        and suspects.user_id = busy_days.user_id
        and suspects.session_date = busy_days.session_date

),

judged as (

    select
        *,
        case
            when excluded_reason is not null then excluded_reason
            when is_bot then 'bot: its user agent says so'
            when is_busy_day
                then 'bot: more than {{ most }} sessions of its user that day'
            else {{ exchange_fault('exchanged_cost', 'session_date') }}
        end as rejection_reason

    from exchanged

),

final as (

    select
        -- keys
        property,
        session_id,

        -- rejection
        rejection_reason,
        raw_table,
        {{ struct_as_json(row_as_struct({
            'session_id': 'session_id',
            'user_id': 'user_id',
            'started_at': 'coalesce(started_at, started_at_local)',
            'channel': 'source_channel',
            'user_agent': 'user_agent',
            'session_cost': 'session_cost',
            'currency': 'currency',
        })) }} as raw_row

    from judged

    where rejection_reason is not null

)

select * from final
