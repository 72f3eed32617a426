"""Reconciliation: does tracking agree with the books, where not, and why."""

from __future__ import annotations

from serving.charts import shapes
from serving.charts.theme import ORANGE, RED
from serving.formats import shown
from serving.marts import Answer
from serving.questions.common import Question, total

ONE_SIDE = (
    "Nothing to compare here: the property has only tracked or only booked conversions."
)


def gap(rows: Answer, currency: str | None) -> str:
    """Say how far both sides are apart, without what the books are still to confirm."""
    booked, awaited = total(rows, "backend_revenue"), -total(rows, "awaiting_gap")
    apart = total(rows, "revenue_gap") + awaited
    part = f" ({shown(float(apart / booked), 'share')} of it)" if booked else ""
    rest = f" {shown(awaited, 'money', currency)} more is tracked and awaits the books."
    return (
        f"{shown(booked, 'money', currency)} is booked; tracking differs by "
        f"{shown(apart, 'money', currency)}{part}.{rest if awaited else ''}"
    )


def agreement(rows: Answer, currency: str | None) -> str:
    """Say how many conversions agree in everything."""
    matched = total(rows, "matched_count")
    either = total(rows, "conversion_count")
    part = f" ({shown(matched / either, 'share')})" if either else ""
    return (
        f"{shown(matched, 'count')} of {shown(either, 'count')} conversions agree in "
        f"everything{part}. {gap(rows, currency)}"
    )


def found(rows: Answer, _: str | None) -> str:
    """Say which disagreement is most frequent."""
    first = rows.dicts()[0]
    return (
        f"Most often: {first['check_name']}, {shown(first['rows_affected'], 'count')}."
    )


gap_over_time = Question(
    key="gap_over_time",
    title="Does tracking see what is booked?",
    definition="Revenue as tracked and as booked, on the day of the conversion. The "
    "gap is booked less tracked; what one side lacks is 0 there.",
    sql="""
        select
            date_trunc($grain, conversion_date)::date as period,
            sum(tracked_count) as tracked_count,
            sum(backend_count) as backend_count,
            sum(matched_count) as matched_count,
            sum(tracked_revenue) as tracked_revenue,
            sum(backend_revenue) as backend_revenue,
            sum(revenue_gap) as revenue_gap,
            sum(awaiting_gap) as awaiting_gap
        from marts.rpt_reconciliation_daily
        where {filters: dates=conversion_date, market}
        group by all
        order by period
    """,
    missing=ONE_SIDE,
    says=gap,
    draw=lambda rows: shapes.sides(
        rows, {"backend_revenue": "booked", "tracked_revenue": "tracked"}
    ),
)

gap_by_day = Question(
    key="gap_by_day",
    title="In which periods do they differ?",
    definition="Booked less tracked revenue. Above 0, tracking missed revenue; below "
    "0, it saw some that was never booked, or not yet.",
    sql=gap_over_time.sql,
    missing=ONE_SIDE,
    says=gap,
    draw=lambda rows: shapes.columns(rows, "revenue_gap", RED),
)

gap_by_market = Question(
    key="gap_by_market",
    title="Which markets agree?",
    definition="Conversions of either side, how many agree in everything, and booked "
    "less tracked revenue, by market.",
    sql="""
        select
            market,
            sum(conversion_count) as conversion_count,
            sum(tracked_count) as tracked_count,
            sum(backend_count) as backend_count,
            sum(matched_count) as matched_count,
            sum(tracked_revenue) as tracked_revenue,
            sum(backend_revenue) as backend_revenue,
            sum(revenue_gap) as revenue_gap,
            sum(awaiting_gap) as awaiting_gap
        from marts.rpt_reconciliation_daily
        where {filters: dates=conversion_date, market}
        group by market
        order by abs(sum(revenue_gap)) desc, market
    """,
    missing=ONE_SIDE,
    says=agreement,
    draw=lambda rows: shapes.bars(rows, "market", "revenue_gap", colour=RED),
)

disagreements = Question(
    key="disagreements",
    title="In what do they differ?",
    definition="Checks of conversions over the whole period; one conversion can be in "
    "several.",
    sql="""
        select check_name, question, rows_affected, explanation
        from marts.rpt_data_quality
        where {filters} and rows_affected > 0 and check_name in (
            'conversion_missing_in_tracking', 'conversion_missing_in_backend',
            'conversion_awaiting_backend', 'duplicate_in_tracking', 'revenue_differs',
            'zero_revenue_in_tracking', 'user_differs', 'date_differs',
            'market_differs'
        )
        order by rows_affected desc, check_name
    """,
    missing="Both sides agree, or there is only one.",
    says=found,
    draw=lambda rows: shapes.bars(rows, "check_name", "rows_affected", colour=ORANGE),
)
