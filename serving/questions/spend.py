"""Spend and clicks: what was paid for, what a click cost, what no session saw."""

from __future__ import annotations

from serving.charts import shapes
from serving.charts.theme import ORANGE, OTHER
from serving.formats import shown
from serving.marts import Answer
from serving.questions.common import Question, leader, total

NO_COST = "There is no cost here: neither a bill nor a session names one."
NO_BILLS = "There are no bills here: the property has no table of ad costs."


def prices(rows: Answer, currency: str | None) -> str:
    """Say what a click cost, over all campaigns and in the dearest."""
    cost, clicks = total(rows, "cost"), total(rows, "clicks")
    billed = f"{shown(cost, 'money', currency)} was billed"
    if not clicks:
        return f"{billed}; no click is known."
    found = [row for row in rows.dicts() if row["cpc"] is not None]
    dear = max(found, key=lambda row: row["cpc"])
    return (
        f"{billed}; a click cost {shown(cost / clicks, 'price', currency)}, most in "
        f"{dear['campaign']}: {shown(dear['cpc'], 'price', currency)}."
    )


def covered(rows: Answer, _: str | None) -> str:
    """Say on how many campaign days bills and sessions agree."""
    days = {row["status"]: row["day_count"] for row in rows.dicts()}
    return (
        f"Bills and sessions agree on {shown(days.get('covered', 0), 'count')} of "
        f"{shown(sum(days.values()), 'count')} campaign days."
    )


spend_over_time = Question(
    key="spend_over_time",
    title="What do we spend, and on what?",
    definition="Cost by channel over time: what was billed, and what only the sessions "
    "say they cost. The six dearest channels, the others as one; (no session) is what "
    "was billed and brought nobody.",
    sql=f"""
        with dearest as (
            select channel
            from marts.rpt_channel_costs
            where {{filters: dates=report_date, channel}}
            group by channel
            order by sum(cost) desc, channel
            limit 6
        )
        select
            date_trunc($grain, report_date)::date as period,
            case when channel in (from dearest) then channel else '{OTHER}' end
                as channel,
            sum(cost) as cost
        from marts.rpt_channel_costs
        where {{filters: dates=report_date, channel}} and cost != 0
        group by all
        order by period, channel
    """,
    missing=NO_COST,
    says=leader("channel", "cost", "{who} cost most: {amount}"),
    draw=lambda rows: shapes.stacked(rows, "channel", "cost"),
)

spend_by_channel = Question(
    key="spend_by_channel",
    title="Which channels cost most?",
    definition="Cost, clicks and what a click cost by channel (CPC = cost / clicks).",
    sql="""
        select
            channel,
            sum(cost) as cost,
            sum(ad_cost) as ad_cost,
            sum(session_only_cost) as session_only_cost,
            nullif(sum(clicks), 0) as clicks,
            sum(session_count) as session_count,
            case when channel != '(no session)'
                then sum(cost) / nullif(sum(clicks), 0)::double end as cpc
        from marts.rpt_channel_costs
        where {filters: dates=report_date, channel}
        group by channel
        having sum(cost) != 0 or sum(clicks) > 0
        order by cost desc, channel
    """,
    missing=NO_COST,
    says=leader("channel", "cost", "{who} cost most: {amount}"),
    draw=lambda rows: shapes.bars(rows, "channel", "cost", colour=ORANGE),
)

campaign_cpc = Question(
    key="campaign_cpc",
    title="What does a click cost in each campaign?",
    definition="CPC = cost / clicks as billed, the 15 campaigns that cost most. Cost "
    "covered is what the campaign's sessions say they cost over what was billed.",
    sql="""
        select
            coalesce(
                any_value(campaign_name),
                case when max(platform) = 'source' then 'source ' else 'campaign ' end
                || campaign_id
            ) as campaign,
            campaign_id,
            max(platform) as platform,
            sum(cost) as cost,
            sum(clicks) as clicks,
            sum(cost) / nullif(sum(clicks), 0)::double as cpc,
            sum(session_count) as session_count,
            sum(session_cost) as session_cost,
            sum(session_cost) / nullif(sum(cost), 0)::double as cost_coverage,
            count(*) as day_count
        from marts.fct_campaign_days
        where {filters: dates=cost_date}
        group by campaign_id
        having sum(cost) != 0 or sum(clicks) > 0
        order by cost desc, campaign_id
    """,
    missing="Neither a cost nor a click is billed here.",
    says=prices,
    draw=lambda rows: shapes.bars(
        rows,
        "campaign",
        "cpc" if any(rows.column("cpc")) else "cost",
        colour=ORANGE,
    ),
)

coverage = Question(
    key="coverage",
    title="Do bills and sessions agree?",
    definition="Days of campaigns by how bill and sessions agree, the first that "
    "holds.",
    sql="""
        select
            status,
            count(*) as day_count,
            sum(cost) as cost,
            sum(session_cost) as session_cost,
            sum(session_count) as session_count
        from marts.fct_campaign_days
        where {filters: dates=cost_date}
        group by status
        order by day_count desc, status
    """,
    missing=NO_BILLS,
    says=covered,
    draw=lambda rows: shapes.bars(rows, "status", "day_count"),
)
