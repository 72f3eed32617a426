-- Which sources and devices should be backed, by which metric, and why?
--
-- One row per property, subject (source, device) and name, `(all)` together first, then
-- by romi. For those who decide on marketing: a verdict, the sentence that gives the
-- reason, what it cannot know, and the numbers it stands on.
-- The metric is romi, (gross_profit - cost) / cost, over all cohorts whose month is
-- over: it alone weighs what customers bring with what they cost. verdict is, the first
-- that holds:
-- `whole`: all together; `no session`: cost that brought no session, buyers without
-- one; `unknown`: sessions that do not say; `no costs known`; `free`: nothing was
-- spent; `too few buyers`: under 30, whose mean may be chance; `back`: romi is 0 or
-- more; `keep`: it has not paid, but loses no more than what was paid for does together
-- (paid_romi, all of it that cost something); `reduce`: it has not paid and loses more.
-- romi looks back at all that was spent, budget_recommendation at the next unit of
-- spend: where they differ the reason says so. A device's cost is shared by sessions,
-- as in romi_by_device. A property of which no month is over is not here.

{% set min_buyers = 30 %}

with

retention as (

    select * from {{ ref('rpt_retention') }}

),

budget as (

    select * from {{ ref('rpt_budget') }}

),

{{ device_cohorts() }},

-- both subjects in one shape, cohorts whose month is over
subject_cohorts as (

    select
        acquisition.property,
        'source' as subject,
        acquisition.channel as subject_name,
        acquisition.cohort_month,
        acquisition.cost,
        acquisition.new_users,
        acquisition.new_buyers,
        acquisition.cumulative_revenue,
        acquisition.gross_profit,
        case
            when acquisition.new_buyers > 0 and acquisition.payback_month is not null
                then 1
            else 0
        end as paid_back

    from acquisition

    where acquisition.observed_months is not null

    union all

    select
        device_cohorts.property,
        'device' as subject,
        device_cohorts.device as subject_name,
        device_cohorts.cohort_month,
        device_cohorts.cost,
        device_cohorts.new_users,
        device_cohorts.new_buyers,
        device_cohorts.cumulative_revenue,
        round(device_cohorts.cumulative_revenue * device_cohorts.gross_margin, 2)
            as gross_profit,
        null as paid_back

    from device_cohorts

    where device_cohorts.observed_months is not null

),

subjects as (

    select
        property,
        subject,
        coalesce(subject_name, '(all)') as subject_name,
        sum(cost) as cost,
        sum(new_users) as new_users,
        sum(new_buyers) as new_buyers,
        sum(cumulative_revenue) as cumulative_revenue,
        sum(gross_profit) as gross_profit,
        -- of all together see payback
        case
            when grouping(subject_name) = 0
                then count(*) filter (where new_buyers > 0)
        end as cohorts_with_buyers,
        case when grouping(subject_name) = 0 then sum(paid_back) end
            as cohorts_paid_back

    from subject_cohorts

    group by property, subject, rollup(subject_name)

),

-- what was paid for: sources that cost nothing would flatter it
paid as (

    select
        property,
        subject,
        sum(cost) as cost,
        sum(gross_profit) as gross_profit

    from subjects

    where
        subject_name not in ('(all)', '(no session)')
        and cost > 0

    group by property, subject

),

returning_users as (

    select
        property,
        case when device != '(all)' then 'device' else 'source' end as subject,
        case when device != '(all)' then device else channel end as subject_name,
        sum(active_users) as active_users,
        sum(cohort_users) as cohort_users

    from retention

    where
        month_number = 1
        and active_users is not null
        and (channel = '(all)' or device = '(all)')

    group by property, channel, device

),

-- all devices together come back as all sources do
returned as (

    select * from returning_users
    union all
    select
        property,
        'device' as subject,
        subject_name,
        active_users,
        cohort_users
    from returning_users
    where subject_name = '(all)'

),

ages as (

    select
        property,
        case
            when max(gross_margin) = 1
                then 'Gross margin is taken as 100 %: ROMI counts revenue as profit.'
            else
                'Gross margin is taken as '
                || cast(cast(100 * max(gross_margin) as decimal(18, 2)) as varchar)
                || ' % everywhere.'
        end as margin_text,
        count(*) as cohort_count,
        count(*) filter (where observed_months < 6) as young_cohort_count,
        count(*) filter (where observed_months is null) as running_cohort_count

    from cohorts

    group by property

),

metrics as (

    select
        subjects.*,
        wholes.cost as whole_cost,
        case
            when subjects.subject_name != '(no session)' then subjects.cost
        end as judged_cost,
        {{ ratio('subjects.gross_profit - subjects.cost', 'subjects.cost') }} as romi,
        {{ ratio('paid.gross_profit - paid.cost', 'paid.cost') }} as paid_romi,
        {{ ratio('subjects.cumulative_revenue', 'subjects.new_buyers') }} as ltv,
        {{ ratio('wholes.cumulative_revenue', 'wholes.new_buyers') }} as whole_ltv,
        {{ ratio('subjects.cost', 'subjects.new_buyers') }} as cac,
        {{ ratio('returned.active_users', 'returned.cohort_users') }}
            as retention_month_1

    from subjects

    inner join subjects as wholes
        on subjects.property = wholes.property
        and subjects.subject = wholes.subject
        and wholes.subject_name = '(all)'

    left join paid
        on subjects.property = paid.property
        and subjects.subject = paid.subject

    left join returned
        on subjects.property = returned.property
        and subjects.subject = returned.subject
        and subjects.subject_name = returned.subject_name

),

judged as (

    select
        *,
        case
            when subject_name = '(all)' then 'whole'
            when subject_name = '(no session)' then 'no session'
            when subject_name = '(unknown)' then 'unknown'
            when cost is null then 'no costs known'
            when cost = 0 then 'free'
            when new_buyers < {{ min_buyers }} then 'too few buyers'
            when romi >= 0 then 'back'
            when romi >= paid_romi then 'keep'
            else 'reduce'
        end as verdict

    from metrics

),

-- the numbers as words; of a number that is not there the word is a dash
worded as (

    select
        judged.*,
        coalesce(
            cast(cast(100 * judged.romi as decimal(18, 0)) as varchar) || ' %', '-'
        ) as romi_text,
        coalesce(
            cast(cast(100 * judged.paid_romi as decimal(18, 0)) as varchar) || ' %', '-'
        ) as paid_romi_text,
        cast(cast(judged.ltv as decimal(18, 2)) as varchar) as ltv_text,
        coalesce(cast(cast(judged.whole_ltv as decimal(18, 2)) as varchar), '-')
            as whole_ltv_text,
        coalesce(cast(cast(judged.cac as decimal(18, 2)) as varchar), '-') as cac_text,
        coalesce(cast(cast(judged.cost as decimal(18, 2)) as varchar), '-')
            as cost_text,
        cast(cast(judged.cumulative_revenue as decimal(18, 2)) as varchar)
            as revenue_text,
        budget.status as budget_recommendation,
        budget.marginal_romi,
        case
            when judged.subject = 'source'
                then
                    ' ' || judged.cohorts_paid_back || ' of '
                    || judged.cohorts_with_buyers
                    || ' cohorts with buyers have paid back.'
            else ''
        end as payback_text,
        case judged.subject
            when 'device'
                then ' Cost is shared by sessions: nobody is billed by device.'
            else ' A customer counts for the source of the first session alone.'
        end as subject_text,
        case
            when judged.verdict = 'back' and budget.status = 'less'
                then
                    ' The next unit of spend earns less than elsewhere, though: see '
                    || 'budget before spending more.'
            when judged.verdict in ('keep', 'reduce') and budget.status = 'more'
                then
                    ' The next unit of spend may earn more than elsewhere, though: '
                    || 'see budget before spending less.'
            else ''
        end as budget_text

    from judged

    left join budget
        on judged.property = budget.property
        and judged.subject = 'source'
        and judged.subject_name = budget.channel

),

lists as (

    select
        property,
        subject,
        string_agg(subject_name, ', ' order by romi desc, subject_name asc)
        filter (where verdict = 'back') as backed,
        string_agg(subject_name, ', ' order by romi desc, subject_name asc)
        filter (where verdict = 'keep') as kept,
        string_agg(subject_name, ', ' order by romi asc, subject_name asc)
        filter (where verdict = 'reduce') as reduced

    from judged

    group by property, subject

),

final as (

    select
        -- keys
        worded.property,
        worded.subject,
        worded.subject_name,

        -- attributes
        worded.verdict,
        case worded.verdict
            when 'whole'
                then
                    'All together: ROMI ' || worded.romi_text || ', of what was paid '
                    || 'for alone ' || worded.paid_romi_text
                    || '; a customer costs ' || worded.cac_text || ' and has brought '
                    || coalesce(worded.ltv_text, '-')
                    || '. Back: ' || coalesce(lists.backed, 'none')
                    || '. Keep: ' || coalesce(lists.kept, 'none')
                    || '. Reduce: ' || coalesce(lists.reduced, 'none') || '.'
            when 'no session'
                then
                    worded.cost_text || ' spent on days and sources without a '
                    || 'session, and ' || worded.new_buyers
                    || ' buyers without one, who brought '
                    || worded.revenue_text || ': nothing to back, something to track.'
            when 'unknown'
                then
                    'The sessions do not say which: ' || worded.new_buyers
                    || ' buyers, ROMI ' || worded.romi_text || '.'
            when 'no costs known'
                then
                    'No costs are known. ' || worded.new_buyers
                    || ' buyers brought '
                    || coalesce(worded.ltv_text || ' each', 'nothing')
                    || ', a buyer of any source ' || worded.whole_ltv_text || '.'
            when 'free'
                then
                    'Nothing was spent on it. ' || worded.new_buyers
                    || ' buyers brought '
                    || coalesce(worded.ltv_text || ' each', 'nothing')
                    || ', a buyer of any source ' || worded.whole_ltv_text || '.'
            when 'too few buyers'
                then
                    'Too few buyers, ' || worded.new_buyers || ' of {{ min_buyers }} '
                    || 'needed: its ROMI of ' || worded.romi_text
                    || ' may be chance.'
            when 'back'
                then
                    'It has paid: ROMI ' || worded.romi_text || ' against '
                    || worded.paid_romi_text
                    || ' of what was paid for. A customer costs '
                    || worded.cac_text || ' and has brought ' || worded.ltv_text
                    || ' so far.' || worded.payback_text || worded.budget_text
            when 'keep'
                then
                    'It has not paid yet, but loses no more than what was paid '
                    || 'for together: ROMI ' || worded.romi_text || ' against '
                    || worded.paid_romi_text || '. A customer costs '
                    || worded.cac_text || ' and has brought ' || worded.ltv_text
                    || ' so far.' || worded.payback_text || worded.budget_text
            else
                'It has not paid: ROMI ' || worded.romi_text || ' against '
                || worded.paid_romi_text || ' of what was paid for. A customer costs '
                || worded.cac_text || ' and has brought ' || worded.ltv_text
                || ' so far.' || worded.payback_text || worded.budget_text
        end as reason,
        'Observational: what the past shows, not what other spend would bring. '
        || coalesce(ages.young_cohort_count, 0) || ' of ' || ages.cohort_count
        || ' cohorts have been watched for under 6 months and may bring more, '
        || ages.running_cohort_count || ' whose month is not over are left out. '
        || ages.margin_text || worded.subject_text as cannot_know,
        worded.budget_recommendation,

        -- measures
        cast(worded.cost as decimal(18, 6)) as cost,
        {{ ratio('worded.cost', 'worded.whole_cost') }} as spend_share,
        worded.new_users,
        worded.new_buyers,
        {{ ratio('worded.new_buyers', 'worded.new_users') }} as buyers_per_new_user,
        worded.cumulative_revenue,
        worded.gross_profit,
        case when worded.verdict != 'no session' then worded.romi end as romi,
        worded.paid_romi,
        case when worded.verdict != 'no session' then worded.ltv end as ltv,
        case when worded.verdict != 'no session' then worded.cac end as cac,
        {{ ratio(
            'case when worded.new_buyers > 0 then worded.cumulative_revenue end',
            'worded.judged_cost'
        ) }} as ltv_to_cac,
        worded.cohorts_with_buyers,
        worded.cohorts_paid_back,
        worded.retention_month_1,
        worded.marginal_romi

    from worded

    inner join lists
        on worded.property = lists.property
        and worded.subject = lists.subject

    inner join ages
        on worded.property = ages.property

)

select * from final
order by
    property asc,
    subject desc,
    case when subject_name = '(all)' then 0 else 1 end asc,
    romi desc nulls last,
    new_buyers desc,
    subject_name asc
