{#
    Staged rows that only several tables together show to be copies, strays, of those who
    do not count, in a currency that cannot be exchanged, paid back beyond what was paid,
    or too large to add up.
#}

with

backend_copies as (

    select
        property,
        raw_table,
        'conversion_id is repeated' as reason,
        raw_row
    from {{ ref('int_backend_conversions_numbered') }}
    where copy_number > 1

),

tracked_copies as (

    select
        property,
        raw_table,
        case
            when raw_table = 'events' then 'transaction_id is repeated'
            else 'conversion_id is repeated'
        end as reason,
        raw_row
    from {{ ref('int_tracked_conversions_numbered') }}
    where copy_number > 1

),

journeys as (

    select
        property,
        raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('int_provided_journeys_checked') }}
    where rejection_reason is not null

),

refused_backend_rows as (

    select
        property,
        raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('int_backend_conversions_checked') }}
    where rejection_reason is not null

),

refused_tracked_rows as (

    select
        property,
        raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('int_tracked_conversions_checked') }}
    where rejection_reason is not null

),

refunds as (

    select
        property,
        raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('int_refunds_checked') }}
    where rejection_reason is not null

),

sessions as (

    select
        property,
        raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('int_sessions_refused') }}
    where rejection_reason is not null

),

ad_costs as (

    select
        property,
        raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('int_ad_costs_checked') }}
    where rejection_reason is not null

),

listings as (

    select
        property,
        raw_table,
        rejection_reason as reason,
        raw_row
    from {{ ref('int_listings_checked') }}
    where rejection_reason is not null

),

session_costs as (

    select
        session_costs.property,
        'session_costs' as raw_table,
        coalesce(refused.rejection_reason, 'session_id is unknown') as reason,
        {{ struct_as_json(row_as_struct({
            'session_id': 'session_costs.session_id',
            'cost': 'session_costs.cost',
        })) }} as raw_row

    from {{ ref('stg_company_x__session_costs') }} as session_costs

    left join {{ ref('int_sessions') }} as sessions
        on session_costs.property = sessions.property
        and session_costs.session_id = sessions.session_id

    left join {{ ref('int_sessions_refused') }} as refused
        on session_costs.property = refused.property
        and session_costs.session_id = refused.session_id

    where sessions.session_id is null

),

rejections as (

    select * from backend_copies
    union all
    select * from tracked_copies
    union all
    select * from journeys
    union all
    select * from session_costs
    union all
    select * from refused_backend_rows
    union all
    select * from refused_tracked_rows
    union all
    select * from refunds
    union all
    select * from sessions
    union all
    select * from ad_costs
    union all
    select * from listings

)

select * from rejections
