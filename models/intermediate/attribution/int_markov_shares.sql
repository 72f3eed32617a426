with

removal_effects as (

    select * from {{ ref('int_markov_removal_effects') }}
    where left_out_group is null

),

replicates as (

    select * from {{ ref('int_markov_replicates') }}

),

effect_totals as (

    select
        property,
        sum(removal_effect) as total_effect

    from removal_effects

    group by property

),

-- a replicate leaves out one of 100 groups, so it is scaled up by 100 / 99
replicate_sums as (

    select
        property,
        channel,
        sum(credited_revenue * 100 / 99) as scaled_sum,
        sum((credited_revenue * 100 / 99) * (credited_revenue * 100 / 99))
            as scaled_square_sum

    from replicates

    group by property, channel

),

shared as (

    select
        -- keys
        removal_effects.property,
        removal_effects.channel,

        -- measures
        removal_effects.removal_effect,
        {{ ratio('removal_effects.removal_effect', 'effect_totals.total_effect') }}
            as classical_share,
        0.99 * (
            replicate_sums.scaled_square_sum
            - replicate_sums.scaled_sum * replicate_sums.scaled_sum / 100
        ) as revenue_variance

    from removal_effects

    inner join effect_totals
        on removal_effects.property = effect_totals.property

    left join replicate_sums
        on removal_effects.property = replicate_sums.property
        and removal_effects.channel = replicate_sums.channel

)

select * from shared
