-- How do people come back, by cohort, first channel and first device?
--
-- One row per property, split_by (`(all)`, cohort, channel, device), split_value and
-- month_number: months since that of the first session, which is 0. channel and device
-- are those of the user's first session ever.
-- retention_rate is active_users / cohort_users. A cohort's month that is not over is
-- empty; one that is over and in which nobody came is 0. The other splits add up, for
-- each month_number, only the cohorts that have reached it (cohort_count): the later
-- the month, the fewer and older they are, so a rise at the end is often a better
-- cohort, not people who come back.

with

retention as (

    select * from {{ ref('rpt_retention') }}

),

splits as (

    select
        property,
        'cohort' as split_by,
        cast(cohort_month as varchar) as split_value,
        month_number,
        cohort_users,
        active_users
    from retention
    where
        channel = '(all)'
        and device = '(all)'

    union all

    select
        property,
        case
            when device != '(all)' then 'device'
            when channel != '(all)' then 'channel'
            else '(all)'
        end as split_by,
        case when device != '(all)' then device else channel end as split_value,
        month_number,
        cohort_users,
        active_users
    from retention
    where
        channel = '(all)'
        or device = '(all)'

),

months as (

    select
        property,
        split_by,
        split_value,
        month_number,
        count(active_users) as cohort_count,
        sum(cohort_users) filter (where active_users is not null) as cohort_users,
        sum(active_users) as active_users,
        -- the size of a cohort is known before its month is over
        max(cohort_users) as known_users

    from splits

    group by property, split_by, split_value, month_number

),

final as (

    select
        -- keys
        property,
        split_by,
        split_value,
        month_number,

        -- measures
        cohort_count,
        case when split_by = 'cohort' then known_users else cohort_users end
            as cohort_users,
        active_users,
        {{ ratio('active_users', 'cohort_users') }} as retention_rate

    from months

)

select * from final
order by
    property asc,
    case split_by
        when '(all)' then 0 when 'cohort' then 1 when 'channel' then 2 else 3
    end asc,
    split_value asc,
    month_number asc
