with

experiments as (

    select * from {{ ref('int_experiments') }}

),

performance as (

    select * from {{ ref('rpt_channel_performance') }}
    where
        attribution_model = '{{ var('default_attribution_model') }}'
        and date_basis = 'touch'

),

ranges as (

    select
        property,
        min(report_date) as first_date,
        max(report_date) as last_date

    from performance

    group by property

),

channels as (

    select
        property,
        channel

    from performance

    group by property, channel

),

in_the_period as (

    select
        experiments.property,
        experiments.experiment_number,
        sum(performance.cost) as cost,
        sum(performance.credited_revenue) as credited_revenue

    from experiments

    inner join performance
        on experiments.property = performance.property
        and experiments.channel = performance.channel
        and experiments.period_start <= performance.report_date
        and experiments.period_end >= performance.report_date

    group by experiments.property, experiments.experiment_number

),

measured as (

    select
        experiments.*,
        coalesce(in_the_period.cost, 0) as cost,
        coalesce(in_the_period.credited_revenue, 0) as credited_revenue,
        case
            when experiments.problem is not null then experiments.problem
            when channels.channel is null then 'the property has no such channel'
            when
                (
                    experiments.period_start >= ranges.first_date
                    and experiments.period_end <= ranges.last_date
                ) is not true
                then 'the period is not within the days of the data'
            when (in_the_period.cost > 0) is not true
                then 'nothing was spent in the period'
            when (in_the_period.credited_revenue > 0) is not true
                then 'no revenue was credited in the period'
        end as finding

    from experiments

    left join channels
        on experiments.property = channels.property
        and experiments.channel = channels.channel

    left join ranges
        on experiments.property = ranges.property

    left join in_the_period
        on experiments.property = in_the_period.property
        and experiments.experiment_number = in_the_period.experiment_number

    -- a test of all properties says nothing of those without the channel, and all are
    -- told of one that names none
    where
        experiments.declared_property != '*'
        or channels.channel is not null
        or experiments.channel is null

),

final as (

    select
        -- keys
        property,
        cast(experiment_number as bigint) as experiment_number,
        channel,

        -- timestamps
        period_start,
        period_end,

        -- attributes
        finding as problem,
        finding is null
        and period_end = max(period_end) over (
            partition by property, channel, finding is null
        ) as is_used,

        -- measures
        cast(cost as decimal(18, 6)) as cost,
        cast(credited_revenue as decimal(18, 2)) as credited_revenue,
        lift,
        lift_low,
        lift_high,
        case
            when finding is null then {{ ratio('lift * cost', 'credited_revenue') }}
        end as calibration

    from measured

)

select * from final
