-- What share of buyers has bought by each day after the first session?
--
-- One row per property, split_by (`(all)`, channel, device), split_value and lag_days:
-- 0 is the day of the first session (Conversion 0d), 1 the next (Conversion 1d). A day
-- on which nobody bought has no row. lag_days -1 holds those who bought before their
-- first session or have none: they are in buyer_share, which adds up to 1, and not in
-- bought_by_then_share. The same in a few columns, and by cohort, is in first_purchase.

with

lags as (

    select * from {{ ref('rpt_conversion_lag') }}
    where
        channel = '(all)'
        or device = '(all)'

),

days as (

    select
        property,
        case
            when device != '(all)' then 'device'
            when channel != '(all)' then 'channel'
            else '(all)'
        end as split_by,
        case when device != '(all)' then device else channel end as split_value,
        lag_days,
        sum(buyers) as buyers

    from lags

    group by property, channel, device, lag_days

),

running as (

    select
        *,
        sum(buyers) over (
            partition by property, split_by, split_value
        ) as buyers_of_all_days,
        sum(case when lag_days >= 0 then buyers else 0 end) over (
            partition by property, split_by, split_value
        ) as buyers_after_session,
        sum(case when lag_days >= 0 then buyers else 0 end) over (
            partition by property, split_by, split_value
            order by lag_days
            rows unbounded preceding
        ) as buyers_so_far

    from days

),

final as (

    select
        -- keys
        property,
        split_by,
        split_value,
        lag_days,

        -- measures
        buyers,
        {{ ratio('buyers', 'buyers_of_all_days') }} as buyer_share,
        case
            when lag_days >= 0
                then {{ ratio('buyers_so_far', 'buyers_after_session') }}
        end as bought_by_then_share

    from running

)

select * from final
order by
    property asc,
    case split_by when '(all)' then 0 when 'channel' then 1 else 2 end asc,
    split_value asc,
    lag_days asc
