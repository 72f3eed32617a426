with

credits as (

    select * from {{ ref('fct_attribution_credits') }}

),

-- summed once before it is laid on both dates
credits_by_dates as (

    select
        property,
        attribution_model,
        conversion_date,
        touch_date,
        channel,
        market,
        sum(credit_share) as credit_share,
        sum(credited_revenue) as credited_revenue

    from credits

    group by
        property,
        attribution_model,
        conversion_date,
        touch_date,
        channel,
        market

),

-- every credit is counted once on the day of the sale and once on the day of the touch
credits_on_both_dates as (

    select
        property,
        attribution_model,
        'conversion' as date_basis,
        conversion_date as report_date,
        channel,
        market,
        credit_share,
        credited_revenue
    from credits_by_dates

    union all

    select
        property,
        attribution_model,
        'touch' as date_basis,
        touch_date as report_date,
        channel,
        market,
        credit_share,
        credited_revenue
    from credits_by_dates

),

final as (

    select
        -- keys
        property,
        attribution_model,
        date_basis,
        report_date,
        channel,
        coalesce(market, '(unknown)') as market,

        -- measures
        cast(sum(credit_share) as decimal(38, 12)) as credited_conversions,
        cast(sum(credited_revenue) as decimal(18, 2)) as credited_revenue

    from credits_on_both_dates

    group by
        property,
        attribution_model,
        date_basis,
        report_date,
        channel,
        coalesce(market, '(unknown)')

)

select * from final
