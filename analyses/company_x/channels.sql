-- Which channels bring sessions, conversions and revenue?
--
-- One row per property and channel, `(all)` together first, then by revenue, as the
-- model of var default_attribution_model credits it.
-- `(no touchpoint)` is revenue that no session led to, `(no session)` ad cost that
-- brought no session: both are in the total and have no ratios of their own.

with

performance as (

    select * from {{ ref('rpt_channel_performance') }}
    where
        attribution_model = '{{ var("default_attribution_model") }}'
        and date_basis = '{{ var("default_date_basis") }}'

),

channels as (

    select
        property,
        coalesce(channel, '(all)') as channel,
        sum(session_count) as session_count,
        sum(credited_conversions) as credited_conversions,
        sum(credited_revenue) as credited_revenue,
        sum(cost) as cost,
        case
            when coalesce(channel, '(all)') not in ('(no session)', '(no touchpoint)')
                then 1
        end as judged

    from performance

    group by property, rollup(channel)

),

totals as (

    select * from channels
    where channel = '(all)'

),

final as (

    select
        -- keys
        channels.property,
        channels.channel,

        -- measures
        channels.session_count,
        {{ ratio('channels.session_count', 'totals.session_count') }} as session_share,
        channels.credited_conversions,
        {{ ratio('channels.credited_conversions', 'totals.credited_conversions') }}
            as conversion_share,
        channels.credited_revenue,
        {{ ratio('channels.credited_revenue', 'totals.credited_revenue') }}
            as revenue_share,
        channels.cost,
        {{ ratio('channels.judged * channels.credited_conversions',
            'channels.session_count') }} as conversion_rate,
        {{ ratio('channels.judged * channels.cost', 'channels.credited_conversions') }}
            as cpo,
        {{ ratio('channels.judged * channels.credited_revenue', 'channels.cost') }}
            as roas

    from channels

    inner join totals
        on channels.property = totals.property

)

select * from final
order by
    property asc,
    case when channel = '(all)' then 0 else 1 end asc,
    credited_revenue desc,
    channel asc
