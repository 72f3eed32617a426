{#
    With revenue = a × spend ^ elasticity, one more euro brings elasticity × revenue /
    spend. Its error has three parts: of the elasticity (jackknife over weeks); of the
    revenue of the last weeks, each of which strayed from the curve by chance; and of the
    lift test, where there is one. The interval is drawn around the elasticity as
    observed: shrinking it makes the estimate better and the interval miss.
#}

with

weeks as (

    select * from {{ ref('rpt_budget_weeks') }}

),

elasticities as (

    select * from {{ ref('rpt_budget_elasticities') }}

),

responses as (

    select
        property,
        channel,
        count(*) as compared_week_count

    from {{ ref('rpt_budget_responses') }}

    group by property, channel

),

experiments as (

    select * from {{ ref('fct_experiments') }}
    where is_used

),

properties as (

    select * from {{ ref('int_properties') }}

),

summed as (

    select
        property,
        channel,
        sum(case when has_response then 1 else 0 end) as week_count,
        sum(case when cost > 0 and not has_response then 1 else 0 end)
            as weeks_without_response,
        sum(case when is_recent then 1 else 0 end) as recent_week_count,
        sum(case when is_recent then cost else 0 end) as recent_cost,
        sum(case when is_recent then credited_revenue else 0 end) as recent_revenue,
        -- squared as a narrow decimal, ten million would be too large
        sum(
            case
                when is_recent
                    then cast(credited_revenue as decimal(38, 2)) * credited_revenue
                else 0
            end
        ) as squared_revenue

    from weeks

    group by property, channel

),

described as (

    select
        summed.*,
        coalesce(responses.compared_week_count, 0) as compared_week_count,
        elasticities.spend_variation,
        elasticities.observed_elasticity,
        elasticities.standard_error,
        elasticities.noise,
        elasticities.elasticity,
        experiments.channel is not null as is_calibrated,
        experiments.period_end as calibrated_until,
        coalesce(experiments.calibration, 1) as calibration,
        -- an interval of 95 % is 2 × 1.96 standard errors wide
        coalesce(
            {{ ratio('experiments.lift_high - experiments.lift_low', '3.919928') }}
            * {{ ratio('experiments.cost', 'experiments.credited_revenue') }},
            0
        ) as calibration_error,
        cast(greatest(summed.recent_revenue, 0) as double)
        * cast(properties.gross_margin as double)
        / cast(
            case when summed.recent_cost > 0 then summed.recent_cost end as double
        ) as credited_return,
        {{ ratio(
            'summed.squared_revenue', 'summed.recent_revenue * summed.recent_revenue'
        ) }} as concentration

    from summed

    inner join properties
        on summed.property = properties.property

    left join elasticities
        on summed.property = elasticities.property
        and summed.channel = elasticities.channel

    left join responses
        on summed.property = responses.property
        and summed.channel = responses.channel

    left join experiments
        on summed.property = experiments.property
        and summed.channel = experiments.channel

),

measured as (

    select
        *,
        elasticity * calibration * credited_return as marginal_return,
        observed_elasticity * calibration * credited_return as observed_return,
        case
            when recent_revenue > 0
                then
                    {{ student_t('compared_week_count - 1') }}
                    * credited_return
                    * sqrt(
                        power(calibration * standard_error, 2)
                        + power(calibration * observed_elasticity * noise, 2)
                        * concentration
                        + power(observed_elasticity * calibration_error, 2)
                    )
        end as half_width

    from described

),

final as (

    select
        -- keys
        property,
        channel,

        -- timestamps
        calibrated_until,

        -- attributes
        is_calibrated,

        -- measures
        cast(week_count as bigint) as week_count,
        cast(weeks_without_response as bigint) as weeks_without_response,
        cast(compared_week_count as bigint) as compared_week_count,
        cast(recent_week_count as bigint) as recent_week_count,
        cast(recent_cost as decimal(18, 6)) as recent_cost,
        cast(recent_revenue as decimal(18, 2)) as recent_revenue,
        calibration,
        spend_variation,
        elasticity,
        round(marginal_return - 1, 9) as marginal_romi,
        -- no euro takes revenue away, and the interval holds the estimate
        case
            when half_width is not null
                then round(
                    greatest(0, least(marginal_return, observed_return - half_width))
                    - 1,
                    9
                )
        end as marginal_romi_low,
        case
            when half_width is not null
                then round(
                    greatest(marginal_return, observed_return + half_width) - 1, 9
                )
        end as marginal_romi_high

    from measured

)

select * from final
