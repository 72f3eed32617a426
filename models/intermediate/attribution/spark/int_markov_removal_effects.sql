{#
    The chain of each property solved in SQL, for Spark, where no Python runs beside it:
    int_markov_removal_effects.py says what is solved. States are taken out of the chain
    one by one, the steps through each given to those around it, until the start alone
    is left with its probability of converting (state reduction: Grassmann, Taksar and
    Heyman 1985, Regenerative analysis and steady state distributions).
#}

with

transitions as (

    select * from {{ ref('int_markov_transitions') }}

),

origins as (

    select
        property,
        from_state,
        cast(sum(step_count) as double) as origin_count

    from transitions

    group by property, from_state

),

-- null is the start as an origin; as a target, the conversion
steps as (

    select
        transitions.property,
        transitions.from_state,
        transitions.to_state,
        cast(sum(transitions.step_count) as double)
        / max(origins.origin_count) as probability

    from transitions

    inner join origins
        on transitions.property = origins.property
        and transitions.from_state is not distinct from origins.from_state

    where transitions.to_state is not null or transitions.is_conversion

    group by transitions.property, transitions.from_state, transitions.to_state

),

named_states as (

    select
        property,
        from_state as state
    from transitions
    where from_state is not null

    union

    select
        property,
        to_state as state
    from transitions
    where to_state is not null

),

-- the start is number 0
states as (

    select
        property,
        {{ null_text() }} as state,
        0 as state_number
    from named_states
    group by property

    union all

    select
        property,
        state,
        row_number() over (partition by property order by state) as state_number
    from named_states

),

-- column 0 is the conversion, and no step leads back to the start
cells as (

    select
        origin_states.property,
        origin_states.state,
        origin_states.state_number,
        target_states.state_number as column_number,
        coalesce(steps.probability, 0e0) as probability

    from states as origin_states

    inner join states as target_states
        on origin_states.property = target_states.property

    left join steps
        on origin_states.property = steps.property
        and origin_states.state is not distinct from steps.from_state
        and target_states.state is not distinct from steps.to_state

),

state_rows as (

    select
        property,
        state,
        state_number,
        {{ ordered_list('probability', 'column_number') }} as probabilities

    from cells

    group by property, state, state_number

),

channels as (

    select
        property,
        channel

    from (
        select
            property,
            {{ rows_of_list(channels_of_state('state')) }} as channel
        from named_states
    ) as channels_of_states

    group by property, channel

),

-- no channel is left out of the whole chain
left_outs as (

    select
        property,
        channel
    from channels

    union all

    select
        property,
        {{ null_text() }} as channel
    from channels
    group by property

),

-- what a channel has part in leads to nothing without it
chains as (

    select
        left_outs.property,
        left_outs.channel,
        {{ ordered_list(
            row_without_channel(
                'state_rows.probabilities', 'state_rows.state', 'left_outs.channel'
            ),
            'state_rows.state_number',
        ) }} as chain

    from left_outs

    inner join state_rows
        on left_outs.property = state_rows.property

    group by left_outs.property, left_outs.channel

),

solved as (

    select
        property,
        channel,
        {{ chain_solved('chain') }} as conversion_probability

    from chains

),

final as (

    select
        -- keys
        without_channel.property,
        without_channel.channel,
        cast(null as bigint) as left_out_group,

        -- measures
        cast(
            case
                when whole.conversion_probability > 0
                    then greatest(0e0, least(1e0, round(
                        1 - without_channel.conversion_probability
                        / whole.conversion_probability,
                        12
                    )))
                else 0
            end as decimal(18, 12)
        ) as removal_effect

    from solved as without_channel

    inner join solved as whole
        on without_channel.property = whole.property
        and whole.channel is null

    where without_channel.channel is not null

)

select * from final
