{#
    A week counts where all seven days lie between the later of the first days and the
    earlier of the last days with cost and with credited revenue: a week that one side
    knows in part would look like a bad one.
#}

with

performance as (

    select * from {{ ref('rpt_channel_performance') }}
    where
        attribution_model = '{{ var('default_attribution_model') }}'
        and date_basis = 'touch'

),

ranges as (

    select
        property,
        greatest(
            min(case when cost != 0 then report_date end),
            min(case when credited_revenue != 0 then report_date end)
        ) as first_date,
        least(
            max(case when cost != 0 then report_date end),
            max(case when credited_revenue != 0 then report_date end)
        ) as last_date,
        count(case when cost != 0 then 1 end) as cost_count,
        count(case when credited_revenue != 0 then 1 end) as revenue_count

    from performance

    group by property

),

days as (

    select
        property,
        {{ days_in_range('first_date', 'last_date') }} as report_date

    from ranges

    where cost_count > 0 and revenue_count > 0

),

whole_weeks as (

    select
        property,
        cast(date_trunc('week', report_date) as date) as week_start,
        row_number() over (
            partition by property
            order by cast(date_trunc('week', report_date) as date) desc
        ) as weeks_from_last

    from days

    group by property, cast(date_trunc('week', report_date) as date)

    having count(*) = 7

),

channel_weeks as (

    select
        property,
        channel,
        cast(date_trunc('week', report_date) as date) as week_start,
        sum(cost) as cost,
        sum(credited_revenue) as credited_revenue

    from performance

    group by property, channel, cast(date_trunc('week', report_date) as date)

),

channels as (

    select
        property,
        channel

    from channel_weeks

    group by property, channel

),

-- a week without rows is a week of 0
filled as (

    select
        channels.property,
        channels.channel,
        whole_weeks.week_start,
        whole_weeks.weeks_from_last,
        coalesce(channel_weeks.cost, 0) as cost,
        coalesce(channel_weeks.credited_revenue, 0) as credited_revenue

    from channels

    inner join whole_weeks
        on channels.property = whole_weeks.property

    left join channel_weeks
        on channels.property = channel_weeks.property
        and channels.channel = channel_weeks.channel
        and whole_weeks.week_start = channel_weeks.week_start

),

final as (

    select
        -- keys
        property,
        channel,
        week_start,

        -- attributes
        weeks_from_last <= 4 as is_recent,
        -- 0 has no logarithm, and what has no channel no response
        cost > 0
        and credited_revenue > 0
        and channel not in ('(no session)', '(no touchpoint)') as has_response,

        -- measures
        cast(cost as decimal(18, 6)) as cost,
        cast(credited_revenue as decimal(18, 2)) as credited_revenue

    from filled

)

select * from final
