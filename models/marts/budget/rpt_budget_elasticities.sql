{#
    The slope of log revenue on log spend, once the season is taken out:

        own_revenue - season = slope × own_cost + noise
        season = other_revenue - pooled slope × other_cost

    The standard error is a jackknife: each week is left out in turn, of the pooled
    slope as well, and variance = (n - 1) / n × sum (slope without the week - slope)²
    (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 11). What is
    squared and summed are decimals, so that the order of addition cannot matter.
#}

{% set sums = {
    'x': 'own_cost',
    'u': 'own_revenue - other_revenue',
    'o': 'other_cost',
    'xx': 'own_cost * own_cost',
    'xu': 'own_cost * (own_revenue - other_revenue)',
    'xo': 'own_cost * other_cost',
} %}

with

responses as (

    select * from {{ ref('rpt_budget_responses') }}

),

-- what sets a channel apart from the others of the week
contrasts as (

    select
        property,
        week_start,
        count(*) over (partition by property, channel) as n,
        {{ log_deviation('own_cost - other_cost', 'property, channel') }} as cost,
        {{ log_deviation('own_revenue - other_revenue', 'property, channel') }}
            as revenue

    from responses

),

-- without one of n points the mean is another one, so that n / (n - 1) of its square
-- go. A channel of one week is its own mean, and of its 0 nothing goes
week_moments as (

    select
        property,
        week_start,
        count(*) as n,
        sum(cost * cost) as xx,
        sum(cost * revenue) as xu,
        sum(cast(cost * cost * n / greatest(n - 1, 1) as decimal(38, 18))) as lost_xx,
        sum(cast(cost * revenue * n / greatest(n - 1, 1) as decimal(38, 18))) as lost_xu

    from contrasts

    group by property, week_start

),

moments as (

    select
        *,
        sum(n) over (partition by property) as sum_n,
        sum(xx) over (partition by property) as sum_xx,
        sum(xu) over (partition by property) as sum_xu

    from week_moments

),

-- one slope for all channels: good enough to take out of the season what others spent.
-- It may lie where no elasticity can: clipped, it would be the same without any week,
-- and the jackknife would take it for known
pooled as (

    select
        property,
        week_start,
        {{ ratio('sum_xu', 'sum_xx') }} as slope,
        {{ ratio('sum_xu - lost_xu', 'sum_xx - lost_xx') }} as slope_without,
        min({{ ratio('sum_xx - lost_xx', 'sum_n - n') }}) over (partition by property)
            as smallest_variance

    from moments

),

summed as (

    select
        responses.*,
        pooled.slope as pooled_slope,
        pooled.slope_without as pooled_slope_without,
        {%- for name, term in sums.items() %}
        cast({{ term }} as double) as {{ name }},
        cast(sum({{ term }}) over channel_weeks as double) as sum_{{ name }},
        {%- endfor %}
        cast(count(*) over channel_weeks as double) as n

    from responses

    -- a ratio that varies by less than 1 % (a variance of logarithms) tells no slope
    left join pooled
        on responses.property = pooled.property
        and responses.week_start = pooled.week_start
        and pooled.smallest_variance >= 0.0001

    window channel_weeks as (partition by responses.property, responses.channel)

),

-- a line needs points that differ, whichever week is left out
measurable as (

    select
        *,
        (sum_xx - sum_x * sum_x / n) / n as spend_variance,
        min((sum_xx - xx - (sum_x - x) * (sum_x - x) / (n - 1)) / (n - 1))
            over (partition by property, channel) as smallest_variance

    from summed

    where n >= {{ var('budget_min_weeks') }}

),

sloped as (

    select
        *,
        {{ least_squares_slope(
            'n',
            'sum_x',
            '(sum_u + pooled_slope * sum_o)',
            'sum_xx',
            '(sum_xu + pooled_slope * sum_xo)'
        ) }} as slope,
        {{ least_squares_slope(
            '(n - 1)',
            '(sum_x - x)',
            '(sum_u - u + pooled_slope_without * (sum_o - o))',
            '(sum_xx - xx)',
            '(sum_xu - xu + pooled_slope_without * (sum_xo - xo))'
        ) }} as slope_without

    from measurable

    -- spend that varies by less than 1 % (a variance of logarithms)
    where smallest_variance >= 0.0001

),

errors as (

    select
        *,
        cast(round(slope_without - slope, 9) as decimal(18, 9)) as slope_error,
        cast(
            round(
                u - sum_u / n
                + pooled_slope * (o - sum_o / n)
                - slope * (x - sum_x / n),
                9
            ) as decimal(18, 9)
        ) as noise

    from sloped

),

measured as (

    select
        property,
        channel,
        count(*) as week_count,
        round(sqrt(max(spend_variance)), 9) as spend_variation,
        round(max(slope), 9) as observed_elasticity,
        case
            when max(slope) is not null
                then
                    cast(
                        round(least(0.95, greatest(0.05, max(slope))), 9)
                        as decimal(18, 9)
                    )
        end as clipped_elasticity,
        round(
            sqrt(
                (count(*) - 1.0) / count(*)
                * cast(sum(slope_error * slope_error) as double)
            ),
            9
        ) as standard_error,
        round(sqrt(cast(sum(noise * noise) as double) / (count(*) - 2)), 9) as noise

    from errors

    group by property, channel

),

averaged as (

    select
        *,
        {{ ratio(
            'sum(clipped_elasticity) over (partition by property)',
            'count(*) over (partition by property)'
        ) }} as mean_elasticity

    from measured

),

final as (

    select
        -- keys
        property,
        channel,

        -- measures
        week_count,
        spend_variation,
        observed_elasticity,
        standard_error,
        noise,
        mean_elasticity,
        round(
            (week_count * cast(clipped_elasticity as double) + 12 * mean_elasticity)
            / (week_count + 12),
            9
        ) as elasticity

    from averaged

)

select * from final
