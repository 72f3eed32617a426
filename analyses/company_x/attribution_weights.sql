-- Are attribution results consistent: do the provided weights of a conversion sum to 1?
--
-- One row per property and result, `(all)` together first, and below each result that
-- deviates one row per conversion, the largest deviation first. A property whose
-- journeys are built from sessions has no weights and no row.
-- weight_sum adds up the weights as delivered for the sessions that are known.
-- A deviation counts beyond var max_weight_deviation; smaller ones are rounding.
-- share_sum is what model `provided` gives these conversions after the correction: one
-- for each that counts. A conversion that does not count has no share.

with

touchpoints as (

    select * from {{ ref('fct_touchpoints') }}
    where provided_weight is not null

),

findings as (

    select * from {{ ref('fct_data_quality_findings') }}
    where check_name = 'provided_weights_off'

),

credits as (

    select * from {{ ref('fct_attribution_credits') }}
    where attribution_model = 'provided'

),

journeys as (

    select
        property,
        conversion_id,
        count(*) as touch_count,
        sum(provided_weight) as weight_sum

    from touchpoints

    group by property, conversion_id

),

credited_conversions as (

    select
        property,
        conversion_id,
        sum(credit_share) as share_sum

    from credits

    group by property, conversion_id

),

journeys_judged as (

    select
        journeys.*,
        coalesce(findings.amount, 0) as deviation,
        credited_conversions.share_sum,
        case
            when findings.finding_key is null then 'sums_to_1'
            when journeys.weight_sum = 0 then 'sums_to_0'
            -- a session that is unknown was delivered with its weight and then refused:
            -- what is left can be 1 or less
            when journeys.weight_sum > 1 - findings.amount / 2 then 'above_1'
            else 'below_1'
        end as result

    from journeys

    left join findings
        on journeys.property = findings.property
        and journeys.conversion_id = findings.finding_key

    left join credited_conversions
        on journeys.property = credited_conversions.property
        and journeys.conversion_id = credited_conversions.conversion_id

),

results as (

    select
        property,
        coalesce(result, '(all)') as result,
        coalesce(conversion_id, '(all)') as conversion_id,
        count(*) as conversion_count,
        sum(touch_count) as touch_count,
        sum(weight_sum) as weight_sum,
        sum(deviation) as deviation,
        count(share_sum) as counted_conversion_count,
        coalesce(sum(share_sum), 0) as share_sum

    from journeys_judged

    group by property, rollup(result, conversion_id)

),

final as (

    select
        -- keys
        property,
        result,
        conversion_id,

        -- measures
        conversion_count,
        touch_count,
        weight_sum,
        deviation,
        counted_conversion_count,
        share_sum,

        -- in words
        case result
            when 'sums_to_1' then 'taken as provided'
            when 'sums_to_0' then 'shared evenly over the touches'
            when '(all)' then ''
            else 'divided by their sum'
        end as correction

    from results

    where result != 'sums_to_1' or conversion_id = '(all)'

)

select * from final
order by
    property asc,
    case result when '(all)' then 0 when 'sums_to_1' then 1 else 2 end asc,
    result asc,
    case when conversion_id = '(all)' then 0 else 1 end asc,
    deviation desc,
    conversion_id asc
