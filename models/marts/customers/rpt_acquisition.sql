with

users as (

    select * from {{ ref('dim_users') }}

),

channel_costs as (

    select * from {{ ref('rpt_channel_costs') }}

),

ltv as (

    select *
    from {{ ref('rpt_ltv') }}
    where
        channel != '(all)'
        and device = '(all)'

),

properties as (

    select
        properties.property,
        properties.gross_margin,
        property_dates.has_costs,
        property_dates.acquisition_until,
        property_dates.last_booking_date
    from {{ ref('int_properties') }} as properties
    inner join {{ ref('int_property_dates') }} as property_dates
        on properties.property = property_dates.property

),

-- cost without buyers, buyers without cost and visitors without either have their row
events as (

    select
        property,
        cast(date_trunc('month', report_date) as date) as cohort_month,
        channel,
        cost,
        0 as new_users,
        0 as new_buyers
    from channel_costs

    union all

    select
        property,
        cast(date_trunc('month', first_session_date) as date) as cohort_month,
        acquisition_channel as channel,
        0 as cost,
        1 as new_users,
        0 as new_buyers
    from users
    where first_session_date is not null

    union all

    select
        property,
        cohort_month,
        channel,
        0 as cost,
        0 as new_users,
        buyers as new_buyers
    from ltv
    where month_number = 0

),

counted as (

    select
        property,
        cohort_month,
        channel,
        sum(cost) as cost,
        sum(new_users) as new_users,
        sum(new_buyers) as new_buyers

    from events

    group by property, cohort_month, channel

),

cohorts as (

    select
        counted.property,
        counted.cohort_month,
        counted.channel,
        case when properties.has_costs then counted.cost end as cost,
        counted.new_users,
        counted.new_buyers,
        properties.gross_margin,
        properties.acquisition_until,
        properties.last_booking_date,
        {{ is_over('counted.cohort_month', 'properties.acquisition_until') }}
            as is_over,
        -- spend that reached nobody and buyers whom no visit brought have no channel to
        -- be judged by
        case when counted.channel != '(no session)' then 1 end as judged

    from counted

    inner join properties
        on counted.property = properties.property

),

buyer_months as (

    select
        ltv.property,
        ltv.cohort_month,
        ltv.channel,
        ltv.month_number,
        {{ customer_revenue('ltv.') }} as revenue,
        cohorts.gross_margin,
        cohorts.cost,
        cast(
            sum({{ customer_revenue('ltv.') }}) over (
                partition by ltv.property, ltv.cohort_month, ltv.channel
                order by ltv.month_number
                rows unbounded preceding
            ) as decimal(18, 2)
        ) as cumulative_revenue

    from ltv

    inner join cohorts
        on ltv.property = cohorts.property
        and ltv.cohort_month = cohorts.cohort_month
        and ltv.channel = cohorts.channel

    where {{ is_over('ltv.report_month', 'cohorts.acquisition_until') }}

),

paid_back as (

    select
        property,
        cohort_month,
        channel,
        sum(revenue) as cumulative_revenue,
        min(
            case
                when
                    round(cast(cumulative_revenue as decimal(38, 2)) * gross_margin, 2)
                    >= cost
                    then month_number
            end
        ) as payback_month

    from buyer_months

    group by property, cohort_month, channel

),

earned as (

    select
        cohorts.*,
        paid_back.payback_month,
        -- the last month counts if it is over
        {{ months_since('cohorts.cohort_month', 'acquisition_until') }}
        + cast({{ is_over('acquisition_until', 'acquisition_until') }} as integer)
            as months_over,
        -- rpt_ltv has no month after the last booking's; a cohort has its own at least
        1 + greatest(
            {{ months_since('cohorts.cohort_month', 'last_booking_date') }}, 0
        ) as months_known,
        case when cohorts.is_over then coalesce(paid_back.cumulative_revenue, 0) end
            as cumulative_revenue

    from cohorts

    left join paid_back
        on cohorts.property = paid_back.property
        and cohorts.cohort_month = paid_back.cohort_month
        and cohorts.channel = paid_back.channel

),

profits as (

    select
        *,
        case when is_over then least(months_over, months_known) end as observed_months,
        round(cast(cumulative_revenue as decimal(38, 2)) * gross_margin, 2)
            as gross_profit

    from earned

),

final as (

    select
        -- keys
        property,
        cohort_month,
        channel,

        -- measures
        cast(cost as decimal(18, 6)) as cost,
        cast(new_users as bigint) as new_users,
        cast(new_buyers as bigint) as new_buyers,
        cast(observed_months as bigint) as observed_months,
        cast(cumulative_revenue as decimal(18, 2)) as cumulative_revenue,
        cast(gross_margin as decimal(18, 6)) as gross_margin,
        cast(gross_profit as decimal(18, 2)) as gross_profit,
        {{ ratio('case when is_over then judged * cost end', 'new_buyers') }} as cac,
        {{ ratio('judged * (gross_profit - cost)', 'cost') }} as romi,
        -- (cumulative_revenue / new_buyers) / (cost / new_buyers)
        {{ ratio(
            'case when new_buyers > 0 then judged * cumulative_revenue end', 'cost'
        ) }} as ltv_to_cac,
        judged * payback_month as payback_month

    from profits

)

select * from final
