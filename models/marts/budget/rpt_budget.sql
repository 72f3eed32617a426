{% set min_weeks = var('budget_min_weeks') %}
{% set cap = var('budget_max_change') %}

{% set words = {
    'no_channel': "'Reached by no session or earned by none: no channel to steer. Spend "
        ~ "stays.'",
    'no_recent_spend': "'Nothing was spent in the last whole weeks, so nothing can be "
        ~ "said of spending more.'",
    'too_few_weeks': "'Too little data: ' || week_count_text || ' weeks with spend and "
        ~ "revenue, " ~ min_weeks ~ " are needed. Spend stays.'",
    'no_comparison': "'In too few weeks did another channel run that could tell the "
        ~ "season from the spend. Spend stays.'",
    'one_ratio': "'Spend of all channels was in nearly the same ratio in every week, so "
        ~ "what one of them does cannot be seen. Spend stays; vary the ratio to learn.'",
    'flat_spend': "'Spend was nearly the same in every week, so what it does cannot be "
        ~ "seen. Spend stays; vary it to learn.'",
    'alone': "' No other channel can be compared with it, so spend stays.'",
    'balanced': "' That is where the budget is balanced: spend stays.'",
} %}

with

margins as (

    select * from {{ ref('rpt_budget_margins') }}

),

splits as (

    select * from {{ ref('rpt_budget_splits') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

described as (

    select
        margins.*,
        properties.currency,
        splits.current_spend,
        splits.recommended_spend,
        splits.balanced_romi,
        case
            when margins.channel in ('(no session)', '(no touchpoint)')
                then 'no_channel'
            when splits.current_spend <= 0 then 'no_recent_spend'
            when margins.week_count < {{ min_weeks }} then 'too_few_weeks'
            when margins.compared_week_count < {{ min_weeks }} then 'no_comparison'
            when margins.spend_variation is null and margins.elasticity is null
                then 'flat_spend'
            when margins.elasticity is null then 'no_comparison'
            when
                count(case when splits.is_steered then 1 end)
                    over (partition by margins.property)
                < 2
                then 'alone'
            when splits.recommended_spend > splits.current_spend then 'more'
            when splits.recommended_spend < splits.current_spend then 'less'
            else 'balanced'
        end as status,
        abs(splits.recommended_spend - splits.current_spend) + 0.01
        > splits.current_spend * {{ cap }} as is_at_limit,
        {{ rounded_part(
            'cast(cast(margins.recent_revenue as decimal(38, 2)) * 100 as bigint)',
            '1',
            'margins.recent_week_count'
        ) }} * cast(0.01 as decimal(3, 2)) as credited_revenue,
        cast(margins.week_count as {{ dbt.type_string() }}) as week_count_text

    from margins

    inner join properties
        on margins.property = properties.property

    inner join splits
        on margins.property = splits.property
        and margins.channel = splits.channel

),

worded as (

    select
        *,
        'The next ' || currency || ' brings back '
        || {{ amount_text('marginal_romi + 1') }} || ' in gross profit'
        || coalesce(
            ' (95 % interval ' || {{ amount_text('marginal_romi_low + 1') }} || ' to '
            || {{ amount_text('marginal_romi_high + 1') }} || ').',
            '; without revenue in the last weeks there is no interval.'
        ) as finding,
        ' That is ' || status || ' than the ' || {{ amount_text('balanced_romi + 1') }}
        || ' at which the budget is balanced: spend ' || status as comparison,
        case
            when is_at_limit
                then ' by the full {{ (100 * cap) | round(1) }} % that is allowed'
            else ''
        end as extent,
        case
            when marginal_romi_low is null then ''
            when marginal_romi_low > balanced_romi or marginal_romi_high < balanced_romi
                then ' The interval does not reach that value.'
            else ' The interval reaches that value: a hint, not a certainty.'
        end as certainty,
        coalesce(
            ' Revenue is calibrated by the lift test that ended on '
            || cast(calibrated_until as {{ dbt.type_string() }}) || '.',
            ''
        )
        || ' Observational: what the past supports, not what an experiment would show.'
            as caveat

    from described

),

final as (

    select
        -- keys
        property,
        channel,

        -- attributes
        status,
        case status
            when 'no_channel' then {{ words.no_channel }}
            when 'no_recent_spend' then {{ words.no_recent_spend }}
            when 'too_few_weeks' then {{ words.too_few_weeks }}
            when 'no_comparison'
                then
                    case
                        when compared_week_count < {{ min_weeks }}
                            then {{ words.no_comparison }}
                        else {{ words.one_ratio }}
                    end
            when 'flat_spend' then {{ words.flat_spend }}
            when 'alone' then finding || {{ words.alone }} || caveat
            when 'balanced' then finding || {{ words.balanced }} || caveat
            else finding || comparison || extent || '.' || certainty || caveat
        end as reason,
        is_calibrated,

        -- measures
        week_count,
        weeks_without_response,
        current_spend,
        cast(credited_revenue as decimal(18, 2)) as credited_revenue,
        try_cast(credited_revenue * calibration as decimal(18, 2))
            as calibrated_revenue,
        elasticity,
        -- what no cent was spent on has no return
        case when current_spend > 0 then marginal_romi end as marginal_romi,
        case when current_spend > 0 then marginal_romi_low end as marginal_romi_low,
        case when current_spend > 0 then marginal_romi_high end as marginal_romi_high,
        balanced_romi,
        recommended_spend

    from worded

)

select * from final
