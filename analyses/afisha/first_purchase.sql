-- When do people start to buy: how many days after their first session?
--
-- One row per property, split_by (`(all)`, cohort, channel, device) and split_value. A
-- cohort is the month of the first purchase; channel and device are those of the first
-- session ever. Conversion 0d is a purchase on the day of the first session, 1d on the
-- next. Shares are of buyers_after_session; those who bought before their first
-- session, or have none, are counted apart. within_7d holds 0 to 7 days.
-- half_bought_within_days is the number of days in which half of them had bought.
-- People of whom one knows for a short time only cannot have taken long: young cohorts
-- of visitors are in here only with those who were quick.

with

lags as (

    select * from {{ ref('rpt_conversion_lag') }}

),

splits as (

    select
        property,
        'cohort' as split_by,
        cast(cohort_month as varchar) as split_value,
        lag_days,
        buyers
    from lags
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
        lag_days,
        buyers
    from lags
    where
        channel = '(all)'
        or device = '(all)'

),

days as (

    select
        property,
        split_by,
        split_value,
        lag_days,
        sum(buyers) as buyers

    from splits

    group by property, split_by, split_value, lag_days

),

running as (

    select
        *,
        sum(case when lag_days >= 0 then buyers else 0 end) over (
            partition by property, split_by, split_value
            order by lag_days
            rows unbounded preceding
        ) as buyers_so_far,
        sum(case when lag_days >= 0 then buyers else 0 end) over (
            partition by property, split_by, split_value
        ) as buyers_after_session

    from days

),

groups as (

    select
        property,
        split_by,
        split_value,
        sum(buyers) as buyers,
        max(buyers_after_session) as buyers_after_session,
        sum(case when lag_days = 0 then buyers else 0 end) as buyers_0d,
        sum(case when lag_days = 1 then buyers else 0 end) as buyers_1d,
        sum(case when lag_days between 0 and 7 then buyers else 0 end)
            as buyers_within_7d,
        sum(case when lag_days between 0 and 30 then buyers else 0 end)
            as buyers_within_30d,
        sum(case when lag_days between 0 and 90 then buyers else 0 end)
            as buyers_within_90d,
        min(lag_days) filter (
            where lag_days >= 0 and 2 * buyers_so_far >= buyers_after_session
        ) as half_bought_within_days

    from running

    group by property, split_by, split_value

),

final as (

    select
        -- keys
        property,
        split_by,
        split_value,

        -- measures
        buyers,
        buyers - buyers_after_session as buyers_before_or_without_session,
        buyers_after_session,
        buyers_0d as conversion_0d_buyers,
        {{ ratio('buyers_0d', 'buyers_after_session') }} as conversion_0d_share,
        buyers_1d as conversion_1d_buyers,
        {{ ratio('buyers_1d', 'buyers_after_session') }} as conversion_1d_share,
        {{ ratio('buyers_within_7d', 'buyers_after_session') }} as within_7d_share,
        {{ ratio('buyers_within_30d', 'buyers_after_session') }} as within_30d_share,
        {{ ratio('buyers_within_90d', 'buyers_after_session') }} as within_90d_share,
        half_bought_within_days

    from groups

)

select * from final
order by
    property asc,
    case split_by
        when '(all)' then 0 when 'cohort' then 1 when 'channel' then 2 else 3
    end asc,
    case when split_by = 'cohort' then split_value end asc,
    buyers desc,
    split_value asc
