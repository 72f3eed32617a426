-- Are AdWords costs fully covered by sessions, which campaigns are not, and why?
--
-- One row per property and campaign, `(all)` together first, then the largest
-- difference first. A property without a cost table, or whose sessions never say what
-- they cost, has no row.
-- cost is what the ad account billed, session_cost what the sessions of the campaign
-- say they cost. Day by day, uncovered_cost is what was billed beyond the sessions and
-- unbilled_session_cost what the sessions cost beyond the bill: a surplus on one day
-- does not cover another. cost_gap is the first less the second. is_fully_covered is
-- true where both sides agree within half a cent on every day; why lists the days that
-- are odd, with their gap.

{% set reasons = {
    'cost_without_sessions': 'billed, but no session carries the campaign',
    'sessions_without_cost': 'sessions carry a price, but nothing was billed',
    'sessions_without_price': 'billed, but the sessions call themselves free',
    'cost_without_clicks': 'billed without a click',
    'cost_differs': 'sessions cost more or less than was billed',
} %}

with

campaign_days as (

    select * from {{ ref('fct_campaign_days') }}
    where session_cost is not null

),

campaigns as (

    select
        property,
        case when grouping(campaign_id) = 1 then '(all)' else campaign_id end
            as campaign_id,
        case when grouping(campaign_id) = 0 then max(campaign_name) end
            as campaign_name,
        sum(cost) as cost,
        sum(session_cost) as session_cost,
        sum(cost_gap) as cost_gap,
        sum(greatest(cost_gap, 0)) as uncovered_cost,
        sum(greatest(-cost_gap, 0)) as unbilled_session_cost,
        max(abs(cost_gap)) as largest_gap,
        sum(clicks) as clicks,
        sum(session_count) as session_count,
        count(*) as day_count,
        {%- for status in reasons %}
        count(*) filter (where status = '{{ status }}') as {{ status }}_days,
        sum(cost_gap) filter (where status = '{{ status }}') as {{ status }}_gap,
        {%- endfor %}
        count(*) filter (where status = 'covered') as covered_days

    from campaign_days

    group by property, rollup(campaign_id)

),

final as (

    select
        -- keys
        property,
        campaign_id,

        -- attributes
        campaign_name,
        largest_gap <= 0.005 as is_fully_covered,

        -- measures
        cost,
        session_cost,
        cost_gap,
        {{ ratio('session_cost', 'cost') }} as cost_coverage,
        uncovered_cost,
        unbilled_session_cost,
        clicks,
        session_count,
        day_count,
        covered_days,
        {%- for status in reasons %}
        {{ status }}_days,
        {%- endfor %}

        -- in words
        coalesce(
            nullif(
                concat_ws(
                    '; ',
                    {%- for status, reason in reasons.items() %}
                    case
                        when {{ status }}_days > 0
                            then
                                {{ status }}_days || ' of ' || day_count || ' days: '
                                || '{{ reason }} (gap '
                                || cast({{ status }}_gap as decimal(18, 2)) || ')'
                    end
                    {{- ',' if not loop.last }}
                    {%- endfor %}
                ),
                ''
            ),
            'covered on every day'
        ) as why

    from campaigns

)

select * from final
order by
    property asc,
    case when campaign_id = '(all)' then 0 else 1 end asc,
    uncovered_cost + unbilled_session_cost desc,
    campaign_id asc
