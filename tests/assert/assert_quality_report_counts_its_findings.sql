-- rpt_data_quality says no more and no less than the findings behind it, and every
-- refused row is one.

with

findings as (

    select
        property,
        check_name,
        sum(row_count) as rows_affected,
        sum(amount) as amount_affected

    from {{ ref('fct_data_quality_findings') }}

    group by property, check_name

),

rejected as (

    select
        property,
        'rejected_rows' as check_name,
        count(*) as rejected_count

    from {{ ref('fct_rejected_rows') }}

    group by property

),

report as (

    select * from {{ ref('rpt_data_quality') }}

)

select
    coalesce(report.property, findings.property) as property,
    coalesce(report.check_name, findings.check_name) as check_name,
    report.rows_affected as reported_rows,
    findings.rows_affected as found_rows,
    rejected.rejected_count

from report

full join findings
    on report.property = findings.property
    and report.check_name = findings.check_name

left join rejected
    on coalesce(report.property, findings.property) = rejected.property
    and coalesce(report.check_name, findings.check_name) = rejected.check_name

where
    coalesce(findings.rows_affected, 0) is distinct from report.rows_affected
    or coalesce(findings.amount_affected, 0) is distinct from report.amount_affected
    or report.rows_affected != rejected.rejected_count
    or (report.status = 'ok') is distinct from (report.rows_affected = 0)
