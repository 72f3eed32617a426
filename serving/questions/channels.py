"""Channels and attribution: who earned what, by which model, and how sure that is."""

from __future__ import annotations

from serving.charts import shapes
from serving.charts.sankey import sankey
from serving.formats import shown
from serving.marts import Answer
from serving.questions.common import Question, leader, total

NO_ORDERS = (
    "No revenue is credited here: there are no counted orders, or this model was not "
    "computed for the property."
)
NO_PATHS = "No path is known here: no order has a session that led to it."


def spread(rows: Answer, _: str | None) -> str:
    """Say about which channel the models differ most."""
    shares: dict[str, list[float]] = {}
    for row in rows.dicts():
        # a model that credits nothing here has no shares
        if row["revenue_share"] is not None:
            shares.setdefault(row["channel"], []).append(row["revenue_share"])
    if not shares:
        return "No model credits any revenue here."
    widest = max(shares, key=lambda name: max(shares[name]) - min(shares[name]))
    low, high = (shown(end(shares[widest]), "share") for end in (min, max))
    if low == high:
        return "The models agree on each channel's share of the revenue."
    return (
        f"The models differ most about {widest}: from {low} to {high} of the revenue."
    )


def returns(rows: Answer, currency: str | None) -> str:
    """Say what all spend brought back, where the mart judges any of it."""
    cost, revenue = total(rows, "cost"), total(rows, "credited_revenue")
    if not cost and not revenue:
        return "Neither cost nor revenue is known here."
    if not cost:
        return (
            f"{shown(revenue, 'money', currency)} of revenue is credited; no cost is "
            "known."
        )
    if not revenue and not any(roas is not None for roas in rows.column("roas")):
        return f"{shown(cost, 'money', currency)} was spent; no revenue is known here."
    return (
        f"{shown(cost, 'money', currency)} was spent and "
        f"{shown(revenue, 'money', currency)} of revenue credited, "
        f"{shown(revenue / cost, 'ratio')} for each unit spent, free channels included."
    )


def journeys(rows: Answer, _: str | None) -> str:
    """Say where orders end, from (step, source, target, conversion_count)."""
    ends: dict[str, int] = {}
    begun = 0
    for step, source, target, orders in rows.rows:
        if step == 0:
            ends[target] = ends.get(target, 0) + orders
            begun += orders if source is None else 0
    last = max(ends, key=ends.__getitem__)
    orders = sum(ends.values())
    return (
        f"Of {shown(orders, 'count')} orders with a path, {shown(begun, 'count')} had "
        f"a single touch; {last} was the last touch of {shown(ends[last], 'count')}."
    )


revenue_by_channel = Question(
    key="revenue_by_channel",
    title="Which channels earn our revenue?",
    definition="Revenue credited by the chosen model, over the whole period. The line "
    "is a 95 % interval: what chance alone could make of it (jackknife over users), "
    "not whether the model is right. (no touchpoint) is what no session led to.",
    sql="""
        select
            channel,
            credited_conversions,
            credited_revenue,
            revenue_share,
            revenue_low,
            revenue_high,
            participating_conversions,
            model_spread
        from marts.rpt_attribution_models
        where {filters: channel} and attribution_model = $model
        order by credited_revenue desc, channel
    """,
    missing=NO_ORDERS,
    says=leader("channel", "credited_revenue", "{who} has most: {amount}"),
    draw=lambda rows: shapes.bars(
        rows, "channel", "credited_revenue", ("revenue_low", "revenue_high")
    ),
)

models_side_by_side = Question(
    key="models_side_by_side",
    title="How far do the models agree?",
    definition="Each model's share of the revenue by channel; a column adds up to "
    "100 %. Where a row differs little, the choice of model does not matter.",
    sql="""
        with credited as (
            select attribution_model, channel, sum(credited_revenue) as credited_revenue
            from marts.rpt_channel_attribution
            where {filters: dates=report_date, channel, market} and date_basis = $basis
            group by attribution_model, channel
        )
        select
            channel,
            attribution_model,
            credited_revenue,
            round(
                credited_revenue
                / nullif(sum(credited_revenue) over by_model, 0)::double, 9
            ) as revenue_share
        from credited
        window by_model as (partition by attribution_model)
        order by sum(credited_revenue) over (partition by channel) desc, channel,
            attribution_model
    """,
    missing=NO_ORDERS,
    says=spread,
    draw=lambda rows: shapes.heat(
        rows,
        "attribution_model",
        "channel",
        "revenue_share",
        order=(None, list(dict.fromkeys(rows.column("channel")))),
    ),
)

paths = Question(
    key="paths",
    title="Which ways lead to an order?",
    definition="Paths of counted orders over the whole period, drawn back from the "
    "last touch to the third before it; earlier touches are not drawn. The height is "
    "the number of orders; channels beyond the largest six are one.",
    sql="""
        with names as (
            select coalesce(bool_or(contains(channel, ' > ')), false) as are_like_paths
            from marts.rpt_sessions_daily
            where {filters}
        ),
        -- where the name of a channel looks like a path only the touches tell, which
        -- takes longer
        journeys as (
            select
                list_filter([
                    max(channel) filter (touch_number = touch_count - 3),
                    max(channel) filter (touch_number = touch_count - 2),
                    max(channel) filter (touch_number = touch_count - 1),
                    max(channel) filter (touch_number = touch_count)
                ], lambda name: name is not null) as channels
            from marts.fct_touchpoints
            where {filters} and touch_number > touch_count - 4
                and conversion_id in (
                    select conversion_id from marts.fct_conversions
                    where {filters} and is_counted
                        and (select are_like_paths from names)
                )
            group by conversion_id
        ),
        paths as (
            select string_split(path, ' > ') as channels, conversion_count
            from marts.rpt_journey_paths
            where {filters} and path != '(no touchpoint)'
                and not (select are_like_paths from names)
            union all
            select channels, count(*) as conversion_count
            from journeys
            group by channels
        ),
        steps as (
            select channels, conversion_count, unnest(range(4)) as step from paths
        )
        select
            step,
            case when len(channels) > step + 1 and step < 3
                then channels[len(channels) - step - 1] end as source,
            channels[len(channels) - step] as target,
            sum(conversion_count)::bigint as conversion_count
        from steps
        where len(channels) > step
        group by all
        order by all
    """,
    missing=NO_PATHS,
    says=journeys,
    draw=sankey,
)

top_paths = Question(
    key="top_paths",
    title="Which paths are taken most?",
    definition="The first 200 paths by counted orders over the whole period, channel "
    "by channel, with the mean days from the first touch to the order.",
    sql="""
        select path, conversion_count, revenue, touch_count, days_to_convert_mean
        from marts.rpt_journey_paths
        where {filters}
        order by conversion_count desc, revenue desc, path
        limit 200
    """,
    missing=NO_PATHS,
    says=leader(
        "path",
        "conversion_count",
        "{who} is taken most: by {amount} orders",
        whole=False,
    ),
)

channel_returns = Question(
    key="channel_returns",
    title="What does each channel bring back for its cost?",
    definition="Cost and credited revenue by the chosen model and day. CPC = cost / "
    "clicks, CPO = cost / credited orders, ROAS = revenue / cost, ROMI = (revenue × "
    "gross margin - cost) / cost. CPC and CPO are a dash without clicks or orders, "
    "ROAS and ROMI without cost or where nobody counts orders; (no session) and (no "
    "touchpoint) are no channels and have none.",
    # a day without a ratio in the mart is one on which there is nothing to judge
    sql="""
        with spent as (
            select
                channel,
                sum(cost) as cost,
                sum(clicks) as clicks,
                sum(session_count) as session_count,
                sum(credited_conversions) as credited_conversions,
                sum(credited_revenue) as credited_revenue,
                sum(credited_profit) as credited_profit,
                count(cpc) > 0 as has_cpc,
                count(cpo) > 0 as has_cpo,
                count(roas) > 0 as has_roas
            from marts.rpt_channel_performance
            where {filters: dates=report_date, channel}
                and attribution_model = $model and date_basis = $basis
            group by channel
        )
        select
            channel,
            cost,
            clicks,
            session_count,
            credited_conversions,
            credited_revenue,
            case when has_cpc then cost / nullif(clicks, 0)::double end as cpc,
            case when has_cpo then cost / nullif(credited_conversions, 0)::double end
                as cpo,
            case when has_roas then credited_revenue / nullif(cost, 0)::double end
                as roas,
            case when has_roas then (credited_profit - cost) / nullif(cost, 0)::double
            end as romi
        from spent
        order by cost desc, credited_revenue desc, channel
    """,
    missing=NO_ORDERS,
    says=returns,
    draw=lambda rows: shapes.pairs(
        rows, "channel", ("cost", "credited_revenue"), "Amount"
    ),
)
