{#
    Margins are equalised by filling with water: at one level of return for all, each
    channel's spend follows from its curve, between its bounds; the higher the level, the
    less is spent. The level at which the sum is the old total is found by halving an
    interval 64 times, which leaves nothing that a double could tell apart.

    Whole cents: bounds are whole, and the steps of a rounded running total are a spend's
    cents or the next ones, so that bounds hold and the total is exact.
#}

{% set cap = var('budget_max_change') %}

with recursive

margins as (

    select * from {{ ref('rpt_budget_margins') }}

),

running as (

    select
        *,
        sum(recent_cost) over (
            partition by property
            order by channel
            rows between unbounded preceding and current row
        ) as running_cost,
        sum(recent_cost) over (
            partition by property
            order by channel
            rows between unbounded preceding and current row
        ) - recent_cost as running_cost_before

    from margins

),

-- millionths of the weeks' sum over 10,000 × weeks are cents of a week
in_cents as (

    select
        *,
        cast(
            {{ rounded_part(
                'cast(running_cost * 1000000 as decimal(38, 0))',
                '1',
                '(10000 * recent_week_count)'
            ) }}
            - {{ rounded_part(
                'cast(running_cost_before * 1000000 as decimal(38, 0))',
                '1',
                '(10000 * recent_week_count)'
            ) }} as bigint
        ) as current_cents

    from running

),

bounded as (

    select
        property,
        channel,
        marginal_romi + 1 as marginal_return,
        elasticity,
        current_cents,
        ceil(current_cents * (1 - {{ cap }})) as lowest_cents,
        floor(current_cents * (1 + {{ cap }})) as highest_cents

    from in_cents

    where marginal_romi is not null and current_cents > 0

),

levels as (

    select
        property,
        0 as step,
        min(ln(greatest(marginal_return, 0.000000001))) - 9 as low,
        max(ln(greatest(marginal_return, 0.000000001))) + 9 as high,
        sum(current_cents) as total_cents

    from bounded

    group by property

    union all

    select
        levels.property,
        levels.step + 1 as step,
        case
            when sum({{ spend_at_return(
                'bounded.current_cents',
                'bounded.marginal_return',
                'bounded.elasticity',
                '((levels.low + levels.high) / 2)',
                'bounded.lowest_cents',
                'bounded.highest_cents'
            ) }}) > levels.total_cents
                then (levels.low + levels.high) / 2
            else levels.low
        end as low,
        case
            when sum({{ spend_at_return(
                'bounded.current_cents',
                'bounded.marginal_return',
                'bounded.elasticity',
                '((levels.low + levels.high) / 2)',
                'bounded.lowest_cents',
                'bounded.highest_cents'
            ) }}) > levels.total_cents
                then levels.high
            else (levels.low + levels.high) / 2
        end as high,
        levels.total_cents

    from levels

    inner join bounded
        on levels.property = bounded.property

    where levels.step < 64

    group by
        levels.property,
        levels.step,
        levels.low,
        levels.high,
        levels.total_cents

),

filled as (

    select
        bounded.property,
        bounded.channel,
        round(exp(levels.high) - 1, 9) as balanced_romi,
        sum({{ spend_at_return(
            'bounded.current_cents',
            'bounded.marginal_return',
            'bounded.elasticity',
            'levels.high',
            'bounded.lowest_cents',
            'bounded.highest_cents'
        ) }}) over (
            partition by bounded.property
            order by bounded.channel
            rows between unbounded preceding and current row
        ) as running_cents

    from bounded

    inner join levels
        on bounded.property = levels.property
        and levels.step = 64

),

rounded as (

    select
        *,
        floor(running_cents + 0.5)
        - coalesce(
            floor(
                lag(running_cents) over (partition by property order by channel) + 0.5
            ),
            0
        ) as recommended_cents

    from filled

),

final as (

    select
        -- keys
        in_cents.property,
        in_cents.channel,

        -- attributes
        rounded.channel is not null as is_steered,

        -- measures
        cast(in_cents.current_cents * 0.01 as decimal(18, 2)) as current_spend,
        rounded.balanced_romi,
        cast(
            coalesce(rounded.recommended_cents, in_cents.current_cents)
            * cast(0.01 as decimal(3, 2))
            as decimal(18, 2)
        ) as recommended_spend

    from in_cents

    left join rounded
        on in_cents.property = rounded.property
        and in_cents.channel = rounded.channel

)

select * from final
