with

checks as (

    select * from {{ ref('data_quality_checks') }}

),

populations as (

    select * from {{ ref('int_check_populations') }}

),

findings as (

    select
        property,
        check_name,
        sum(row_count) as rows_affected,
        sum(amount) as amount_affected

    from {{ ref('fct_data_quality_findings') }}

    group by property, check_name

),

-- one row for each check that the property has something to be checked by
answered as (

    select
        populations.property,
        checks.check_name,
        checks.question,
        checks.explanation,
        checks.severity,
        populations.rows_checked,
        coalesce(findings.rows_affected, 0) as rows_affected,
        coalesce(findings.amount_affected, 0) as amount_affected

    from checks

    inner join populations
        on checks.subject = populations.subject

    left join findings
        on populations.property = findings.property
        and checks.check_name = findings.check_name

),

final as (

    select
        -- keys
        property,
        check_name,

        -- attributes
        question,
        case when rows_affected = 0 then 'ok' else severity end as status,
        explanation,

        -- measures
        rows_checked,
        cast(rows_affected as bigint) as rows_affected,
        cast(amount_affected as decimal(38, 6)) as amount_affected

    from answered

)

select * from final
