-- What else is wrong?
--
-- One row per property and check that found something, worst first: what stops
-- publishing, then by the share of rows affected. Below check rejected_rows stands one
-- row per raw table and reason, which add up to it.
-- amount_affected is money in the currency of the property, for some checks another
-- number, which explanation names. One conversion can be in several checks: do not add
-- them up.

with

checks as (

    select * from {{ ref('rpt_data_quality') }}
    where status != 'ok'

),

rejected_rows as (

    select * from {{ ref('fct_rejected_rows') }}

),

reasons as (

    select
        property,
        raw_table,
        reason,
        count(*) as row_count

    from rejected_rows

    group by property, raw_table, reason

),

check_details as (

    select
        property,
        check_name,
        '(all)' as raw_table,
        '(all)' as reason,
        rows_affected
    from checks

    union all

    select
        property,
        'rejected_rows' as check_name,
        raw_table,
        reason,
        row_count as rows_affected
    from reasons

),

final as (

    select
        -- keys
        checks.property,
        checks.check_name,
        check_details.raw_table,
        check_details.reason,

        -- attributes
        checks.status,
        checks.question,

        -- measures
        checks.rows_checked,
        check_details.rows_affected,
        {{ ratio('check_details.rows_affected', 'checks.rows_checked') }}
            as affected_share,
        case when check_details.reason = '(all)' then checks.amount_affected end
            as amount_affected,

        -- in words
        checks.explanation

    from checks

    inner join check_details
        on checks.property = check_details.property
        and checks.check_name = check_details.check_name

)

select * from final
order by
    property asc,
    case when status = 'fail' then 0 else 1 end asc,
    max(affected_share) over (partition by property, check_name) desc,
    check_name asc,
    case when reason = '(all)' then 0 else 1 end asc,
    rows_affected desc,
    raw_table asc,
    reason asc
