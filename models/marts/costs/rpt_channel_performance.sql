with

channel_costs as (

    select * from {{ ref('rpt_channel_costs') }}

),

channel_attribution as (

    select * from {{ ref('rpt_channel_attribution') }}

),

property_models as (

    select * from {{ ref('int_property_attribution_models') }}

),

properties as (

    select * from {{ ref('int_properties') }}

),

date_bases (date_basis) as (

    values ('conversion'), ('touch')

),

-- costs know no model: each model and date basis is shown against all of them
costs_for_each_model as (

    select
        channel_costs.*,
        property_models.attribution_model,
        date_bases.date_basis

    from channel_costs

    inner join property_models
        on channel_costs.property = property_models.property

    cross join date_bases

),

credits as (

    select
        property,
        attribution_model,
        date_basis,
        report_date,
        channel,
        sum(credited_conversions) as credited_conversions,
        sum(credited_revenue) as credited_revenue

    from channel_attribution

    group by property, attribution_model, date_basis, report_date, channel

),

both_sides as (

    select
        coalesce(costs.property, credits.property) as property,
        coalesce(costs.attribution_model, credits.attribution_model)
            as attribution_model,
        coalesce(costs.date_basis, credits.date_basis) as date_basis,
        coalesce(costs.report_date, credits.report_date) as report_date,
        coalesce(costs.channel, credits.channel) as channel,
        coalesce(costs.cost, 0) as cost,
        coalesce(costs.clicks, 0) as clicks,
        coalesce(costs.session_count, 0) as session_count,
        coalesce(credits.credited_conversions, 0) as credited_conversions,
        coalesce(credits.credited_revenue, 0) as credited_revenue

    from costs_for_each_model as costs

    full join credits
        on costs.property = credits.property
        and costs.attribution_model = credits.attribution_model
        and costs.date_basis = credits.date_basis
        and costs.report_date = credits.report_date
        and costs.channel = credits.channel

),

-- spend that reached nobody and revenue that nobody's visit earned have no channel to
-- be judged by; where nobody counts conversions, spend has nothing to be judged by
ratios_prepared as (

    select
        both_sides.*,
        case
            when both_sides.channel not in ('(no session)', '(no touchpoint)') then 1e0
        end as judged,
        case
            when properties.has_tracking or properties.has_backend then 1e0
        end as counted,
        -- two narrow decimals would make one that holds ten digits before the point
        cast(both_sides.credited_revenue as decimal(38, 2))
        * cast(properties.gross_margin as decimal(18, 6)) as credited_profit

    from both_sides

    inner join properties
        on both_sides.property = properties.property

),

final as (

    select
        -- keys
        property,
        attribution_model,
        date_basis,
        report_date,
        channel,

        -- attributes
        {{ is_default_attribution() }} as is_default,

        -- measures
        cast(cost as decimal(18, 6)) as cost,
        cast(clicks as bigint) as clicks,
        cast(session_count as bigint) as session_count,
        cast(credited_conversions as decimal(38, 12)) as credited_conversions,
        cast(credited_revenue as decimal(18, 2)) as credited_revenue,
        cast(credited_profit as decimal(38, 8)) as credited_profit,
        {{ ratio('judged * cost', 'clicks') }} as cpc,
        {{ ratio('judged * cost', 'credited_conversions') }} as cpo,
        {{ ratio('judged * counted * credited_revenue', 'cost') }} as roas,
        {{ ratio('judged * counted * (credited_profit - cost)', 'cost') }} as romi,
        {{ ratio('judged * counted * credited_conversions', 'session_count') }}
            as conversion_rate

    from ratios_prepared

)

select * from final
