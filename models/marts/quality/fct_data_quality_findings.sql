with

rejection_findings as (

    select
        property,
        'rejected_rows' as check_name,
        rejected_row_id as finding_key,
        1 as row_count,
        cast(0 as decimal(38, 6)) as amount
    from {{ ref('int_rejected_rows') }}

),

experiment_findings as (

    select
        property,
        'experiment_not_usable' as check_name,
        coalesce(channel, '(none)')
        || '|' || cast(experiment_number as {{ dbt.type_string() }})
        || '|' || problem as finding_key,
        1 as row_count,
        cast(0 as decimal(38, 6)) as amount
    from {{ ref('fct_experiments') }}
    where problem is not null

),

findings as (

    select * from rejection_findings
    union all
    select * from {{ ref('int_file_findings') }}
    union all
    select * from experiment_findings
    union all
    select * from {{ ref('int_conversion_findings') }}
    union all
    select * from {{ ref('int_journey_findings') }}
    union all
    select * from {{ ref('int_cost_findings') }}
    union all
    select * from {{ ref('int_session_findings') }}
    union all
    select * from {{ ref('int_marketplace_findings') }}
    union all
    select * from {{ ref('int_series_findings') }}
    union all
    select * from {{ ref('int_listing_findings') }}
    union all
    select * from {{ ref('int_refusal_findings') }}

),

final as (

    select
        -- keys
        property,
        check_name,
        finding_key,

        -- measures
        cast(row_count as bigint) as row_count,
        cast(amount as decimal(38, 6)) as amount

    from findings

)

select * from final
