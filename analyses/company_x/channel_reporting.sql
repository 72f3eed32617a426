-- What are CPO and ROAS by channel and day?
--
-- One row per property, day and channel with a session, a cost or a credit.
-- credited_conversions and credited_revenue follow the model of var
-- default_attribution_model (the source's own weights, ihc, are model `provided`) and
-- stand on the day of var default_date_basis. cpo is cost / credited_conversions, roas
-- credited_revenue / cost, empty where there is nothing to divide by. `(no touchpoint)`
-- and `(no session)` make the days add up and have no ratios.

with

performance as (

    select * from {{ ref('rpt_channel_performance') }}
    where
        attribution_model = '{{ var("default_attribution_model") }}'
        and date_basis = '{{ var("default_date_basis") }}'

),

final as (

    select
        -- keys
        property,
        report_date,
        channel,

        -- measures
        cost,
        credited_conversions,
        credited_revenue,
        cpo,
        roas

    from performance

)

select * from final
order by property, report_date, channel
