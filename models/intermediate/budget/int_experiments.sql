{#
    The lift tests of seed experiments that concern a property of this build: its own,
    and those for all properties where it has none for the channel.
#}

with

experiments as (

    select * from {{ ref('experiments') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

matched as (

    select
        properties.property,
        experiments.property as declared_property,
        experiments.channel,
        try_cast(experiments.period_start as date) as period_start,
        try_cast(experiments.period_end as date) as period_end,
        try_cast(experiments.lift as decimal(18, 6)) as lift,
        try_cast(experiments.lift_low as decimal(18, 6)) as lift_low,
        try_cast(experiments.lift_high as decimal(18, 6)) as lift_high,
        row_number() over (
            partition by properties.property
            order by
                experiments.channel,
                experiments.period_start,
                experiments.period_end,
                experiments.property,
                experiments.lift,
                experiments.lift_low,
                experiments.lift_high
        ) as experiment_number

    from properties

    inner join experiments
        on experiments.property in (properties.property, '*')

),

-- what is wrong with a row itself
faulted as (

    select
        *,
        case
            when channel is null then 'channel is empty'
            when period_start is null then 'period_start is not a date'
            when period_end is null then 'period_end is not a date'
            when period_end < period_start then 'period_end is before period_start'
            when (lift >= 0) is not true then 'lift is not a number from 0'
            when (lift between lift_low and lift_high) is not true
                then 'lift is not between lift_low and lift_high'
        end as fault

    from matched

),

-- a row that cannot be read hides none that can, and overlaps none
marked as (

    select
        *,
        max(case when declared_property != '*' and fault is null then 1 else 0 end)
            over (partition by property, channel) as has_own

    from faulted

),

applicable as (

    select * from marked
    where has_own = 0 or declared_property != '*'

),

overlapping as (

    select
        applicable.property,
        applicable.experiment_number

    from applicable

    inner join applicable as others
        on applicable.property = others.property
        and applicable.channel = others.channel
        and applicable.experiment_number != others.experiment_number
        and applicable.period_start <= others.period_end
        and applicable.period_end >= others.period_start

    where applicable.fault is null and others.fault is null

    group by applicable.property, applicable.experiment_number

),

judged as (

    select
        -- keys
        applicable.property,
        applicable.experiment_number,
        applicable.declared_property,
        applicable.channel,

        -- timestamps
        applicable.period_start,
        applicable.period_end,

        -- attributes
        case
            when overlapping.property is not null
                then 'the period overlaps another one of the channel'
            else applicable.fault
        end as problem,

        -- measures
        applicable.lift,
        applicable.lift_low,
        applicable.lift_high

    from applicable

    left join overlapping
        on applicable.property = overlapping.property
        and applicable.experiment_number = overlapping.experiment_number

)

select * from judged
