{#
    The interval is that of a delete-a-group jackknife over G = 100 groups of users. With
    T_g the credit of group g and T of all, leaving out g and scaling up what stays is
    (T - T_g) × G / (G - 1), and the variance (G - 1) / G × sum (replicate - mean)²
    comes to G / (G - 1) × (sum T_g² - T² / G) (Kott 2001, The delete-a-group jackknife).
    For Markov each replicate has its own chain (int_markov_shares).

    The interval is drawn on the scale of the logarithm, r × exp(± t × se / r): revenue
    is skewed, and a symmetric interval would end too low and begin below 0. Where se is
    more than r, as it is of Markov's chain when one user outweighs all others, the
    exponential goes on in a straight line: it would soon end beyond any revenue.
#}

-- columns come from a loop, whose indents a linter cannot follow
-- noqa: disable=LT02
with

property_models as (

    select * from {{ ref('int_property_attribution_models') }}

),

markov_shares as (

    select * from {{ ref('int_markov_shares') }}

),

participation as (

    select * from {{ ref('int_channel_participation') }}

),

{% for table, names in credit_tables() -%}
{{ table }}_by_group as (

    select
        property,
        channel,
        user_group,
        {{- credit_sums(names) }}

    from {{ ref(table) }}

    group by property, channel, user_group

),

{% endfor -%}

credits_by_group as (

    {% for table, names in credit_tables() -%}
    {{ a_row_per_model(
        table ~ '_by_group', ['property', 'channel', 'user_group'], names
    ) }}
    {{- '\n\n    union all\n' if not loop.last }}
    {%- endfor %}

),

credited as (

    select
        credits_by_group.property,
        credits_by_group.attribution_model,
        credits_by_group.channel,
        sum(credits_by_group.credit_share) as credited_conversions,
        sum(credits_by_group.credited_revenue) as credited_revenue,
        -- money is squared in decimals, so that the order of addition cannot matter
        sum(
            cast(credits_by_group.credited_revenue as decimal(18, 2))
            * credits_by_group.credited_revenue
        ) as squared_revenue

    from credits_by_group

    inner join property_models
        on credits_by_group.property = property_models.property
        and credits_by_group.attribution_model = property_models.attribution_model

    group by
        credits_by_group.property,
        credits_by_group.attribution_model,
        credits_by_group.channel

),

credited_channels as (

    select
        property,
        channel

    from credited

    group by property, channel

),

-- a channel that led to others which converted has an effect, though no path of a
-- conversion holds it
uncredited as (

    select
        markov_shares.property,
        property_models.attribution_model,
        markov_shares.channel,
        0 as credited_conversions,
        0 as credited_revenue,
        0 as squared_revenue

    from markov_shares

    inner join property_models
        on markov_shares.property = property_models.property

    left join credited_channels
        on markov_shares.property = credited_channels.property
        and markov_shares.channel = credited_channels.channel

    where
        markov_shares.removal_effect > 0
        and credited_channels.channel is null

),

channels as (

    select * from credited
    union all
    select * from uncredited

),

shared as (

    select
        *,
        {{ ratio(
            'credited_revenue',
            'sum(credited_revenue) over (partition by property, attribution_model)'
        ) }} as revenue_share,
        cast(100 * squared_revenue - credited_revenue * credited_revenue as double) / 99
            as group_variance

    from channels

),

described as (

    select
        shared.*,
        markov_shares.removal_effect,
        markov_shares.classical_share,
        participation.participating_conversions,
        participation.participating_revenue,
        case
            when markov_shares.channel is not null then markov_shares.revenue_variance
            else shared.group_variance
        end as revenue_variance

    from shared

    left join markov_shares
        on shared.property = markov_shares.property
        and shared.channel = markov_shares.channel
        and shared.attribution_model = 'markov'

    left join participation
        on shared.property = participation.property
        and shared.channel = participation.channel

),

measured as (

    select
        *,
        case
            when credited_revenue = 0 then 0 * revenue_variance
            else sqrt(
                case when revenue_variance < 0 then 0 else revenue_variance end
            ) / abs(cast(credited_revenue as double))
        end as relative_error,
        max(revenue_share) over (partition by property, channel)
        - min(revenue_share) over (partition by property, channel) as model_spread

    from described

),

-- 1.984 is Student's t for 95 % and 99 degrees of freedom
ranged as (

    select
        *,
        exp(-1.984217 * relative_error) as low_factor,
        case
            when relative_error > 1
                then exp(1.984217) * (1 + 1.984217 * (relative_error - 1))
            else exp(1.984217 * relative_error)
        end as high_factor

    from measured

),

-- of what was paid back the larger part is the lower end
ended as (

    select
        *,
        cast(credited_revenue as double)
        * case when credited_revenue < 0 then high_factor else low_factor end
            as revenue_low,
        cast(credited_revenue as double)
        * case when credited_revenue < 0 then low_factor else high_factor end
            as revenue_high

    from ranged

),

final as (

    select
        -- keys
        property,
        attribution_model,
        channel,

        -- measures
        cast(credited_conversions as decimal(38, 12)) as credited_conversions,
        cast(credited_revenue as decimal(18, 2)) as credited_revenue,
        revenue_share,
        cast(revenue_low as decimal(18, 2)) as revenue_low,
        cast(revenue_high as decimal(18, 2)) as revenue_high,
        removal_effect,
        classical_share,
        round(model_spread, 9) as model_spread,
        coalesce(participating_conversions, 0) as participating_conversions,
        cast(coalesce(participating_revenue, 0) as decimal(18, 2))
            as participating_revenue

    from ended

)

select * from final
