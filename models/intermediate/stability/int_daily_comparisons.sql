{#
    How far each day lies from what was expected, seen twice. A channel is compared with
    its own days before and with what the others bring, conversions with what the day's
    sessions led to expect and with their own days before. The second look bounds the
    first: a day on which all double is no channel's fault, and sessions that were not
    counted are no rise of the conversions.
#}

with

expectations as (

    select * from {{ ref('int_daily_expectations') }}

),

totals as (

    select * from expectations
    where channel = '(all)'

),

rates as (

    select * from {{ ref('int_daily_rates') }}

),

-- of the total itself there is no rest; with a condition on one side alone a left join
-- would compare each day with each
compared as (

    select
        expectations.*,
        expectations.evened_value
        - {{ evened('expectations.expected_count') }} as own_deviation,
        expectations.evened_value - {{ evened(
            'expectations.expected_count * '
            ~ '(totals.daily_value - expectations.daily_value) / '
            ~ 'nullif(greatest(totals.expected_count - expectations.expected_count, 0), 0)'
        ) }} as deviation_from_rest,
        case
            when expectations.expected_count is not null
                then
                    expectations.evened_value - {{ evened('rates.expected_count') }}
        end as deviation_from_rate

    from expectations

    left join totals
        on expectations.property = totals.property
        and expectations.measure = totals.measure
        and expectations.report_date = totals.report_date

    left join rates
        on expectations.property = rates.property
        and expectations.measure = rates.measure
        and expectations.channel = rates.channel
        and expectations.report_date = rates.report_date

),

-- the rate is the surer look: half of it, seen in the days before, will do
looked_at as (

    select
        *,
        coalesce(deviation_from_rate, own_deviation) as deviation,
        case
            when deviation_from_rate is not null then 2 * own_deviation
            else coalesce(deviation_from_rest, own_deviation)
        end as bound

    from compared

),

-- the smaller of the two, none where they disagree which way
judged as (

    select
        -- keys
        property,
        measure,
        channel,
        report_date,

        -- measures
        daily_value,
        unit_value,
        expected_count,
        round(deviation, 9) as deviation,
        case
            when sign(deviation) != sign(bound) then 0
            when abs(deviation) < abs(bound) then round(deviation, 9)
            else round(bound, 9)
        end as day_deviation

    from looked_at

)

select * from judged
