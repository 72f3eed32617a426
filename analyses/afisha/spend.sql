-- What is spent on marketing, overall, by source and over time?
--
-- One row per property, month and channel, `(all)` months and `(all)` channels first.
-- cost is what was billed and what sessions say they cost. Billed cost without a
-- session on its day stands under `(no session)`; a source that brought nobody is there
-- too. spend_share is the part of the month's spend, for `(all)` months of all spend.
-- Sources that cost nothing are shown with 0; a property without any costs is not here.

with

channel_costs as (

    select
        *,
        cast(date_trunc('month', report_date) as date) as cost_month
    from {{ ref('rpt_channel_costs') }}

),

acquisition as (

    select * from {{ ref('rpt_acquisition') }}

),

-- in a property that has no costs, cost is null and not 0
costed_properties as (

    select property
    from acquisition
    group by property
    having count(cost) > 0

),

months as (

    select
        channel_costs.property,
        coalesce(cast(channel_costs.cost_month as varchar), '(all)') as cost_month,
        coalesce(channel_costs.channel, '(all)') as channel,
        sum(channel_costs.cost) as cost,
        sum(channel_costs.session_count) as session_count

    from channel_costs

    inner join costed_properties
        on channel_costs.property = costed_properties.property

    group by
        channel_costs.property, cube(channel_costs.cost_month, channel_costs.channel)

),

totals as (

    select * from months
    where channel = '(all)'

),

final as (

    select
        -- keys
        months.property,
        months.cost_month,
        months.channel,

        -- measures
        months.cost,
        {{ ratio('months.cost', 'totals.cost') }} as spend_share,
        months.session_count,
        {{ ratio("case when months.channel != '(no session)' then months.cost end",
            'months.session_count') }} as cost_per_session

    from months

    inner join totals
        on months.property = totals.property
        and months.cost_month = totals.cost_month

)

select * from final
order by
    property asc,
    case when cost_month = '(all)' then 0 else 1 end asc,
    cost_month asc,
    case when channel = '(all)' then 0 else 1 end asc,
    cost desc,
    channel asc
