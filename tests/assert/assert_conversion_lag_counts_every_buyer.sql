-- In each cohort, channel and device, the buyers of all lags are those of rpt_ltv.

with

buyers as (

    select
        property,
        cohort_month,
        channel,
        device,
        buyers

    from {{ ref('rpt_ltv') }}

    where month_number = 0

),

lags as (

    select
        property,
        cohort_month,
        channel,
        device,
        sum(buyers) as buyers

    from {{ ref('rpt_conversion_lag') }}

    group by property, cohort_month, channel, device

)

select
    coalesce(buyers.property, lags.property) as property,
    coalesce(buyers.cohort_month, lags.cohort_month) as cohort_month,
    coalesce(buyers.channel, lags.channel) as channel,
    coalesce(buyers.device, lags.device) as device,
    buyers.buyers as expected_buyers,
    lags.buyers as actual_buyers

from buyers

full join lags
    on buyers.property = lags.property
    and buyers.cohort_month = lags.cohort_month
    and buyers.channel = lags.channel
    and buyers.device = lags.device

where buyers.buyers is distinct from lags.buyers
