"""Our numbers: what came in, day by day, and the figures on top of a page."""

from __future__ import annotations

from dataclasses import dataclass

from serving.charts import shapes
from serving.charts.theme import GREEN, ORANGE
from serving.filters import Filters, filtered, known
from serving.formats import NOTHING, Kind, shown
from serving.marts import Marts, Value
from serving.questions.common import WORDS, Question, leader, over_time

NO_ORDERS = "There are no orders here: neither tracking nor a backend has any."
NO_SESSIONS = "There are no sessions here: the property has no table of them."


@dataclass(frozen=True)
class Figure:
    """One number on top of a page.

    `ways` are those to compute it, of which the first that follows every filter is
    taken: a query of a single value, or two, one over the other. `meaning` is what the
    number is, one for each way or one for all.
    """

    label: str
    kind: Kind
    ways: tuple[tuple[str, ...], ...]
    meaning: str | tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A figure with its value as people read it, and what it means."""

    label: str
    value: str
    meaning: str


SESSIONS = """
    select sum(session_count) as value
    from marts.rpt_sessions_daily
    where {filters: dates=session_date, channel, market, device}
"""
ORDERS = """
    select sum(order_count) as value
    from marts.rpt_orders
    where {filters: dates=period_start, device} and period = 'day'
        and (device = '(all)') = (len($device) = 0)
"""
# a channel has parts of orders: none is rounded before it is divided by
CREDITED_ORDERS = """
    select round(sum(credited_conversions), 6) as value
    from marts.rpt_channel_attribution
    where {filters: dates=report_date, channel, market}
        and attribution_model = $model and date_basis = 'conversion'
"""
REVENUE = ORDERS.replace("order_count", "revenue")
CREDITED_REVENUE = CREDITED_ORDERS.replace(
    "round(sum(credited_conversions), 6)", "sum(credited_revenue)"
)


COST = """
    select case when sum(cost) != 0 then sum(cost) end as value
    from marts.rpt_channel_costs
    where {filters: dates=report_date, channel}
"""
GAP = """
    select sum(revenue_gap) - sum(awaiting_gap) as value
    from marts.rpt_reconciliation_daily
    where {filters: dates=conversion_date, market}
"""
FIGURES = (
    Figure("Sessions", "count", ((SESSIONS,),), "visits that were recorded"),
    Figure("Orders", "credit", ((ORDERS,), (CREDITED_ORDERS,)), "counted conversions"),
    Figure(
        "Revenue",
        "money",
        ((REVENUE,), (CREDITED_REVENUE,)),
        ("that counts, before refunds", "that counts, as it is credited"),
    ),
    Figure(
        "Per order",
        "money",
        ((REVENUE, ORDERS), (CREDITED_REVENUE, CREDITED_ORDERS)),
        "revenue over orders",
    ),
    Figure(
        "Conversion rate",
        "share",
        ((ORDERS, SESSIONS), (CREDITED_ORDERS, SESSIONS)),
        "orders over sessions",
    ),
    Figure("Cost", "money", ((COST,),), "billed, and what sessions alone know"),
    Figure(
        "ROAS",
        "ratio",
        ((CREDITED_REVENUE.replace("'conversion'", "$basis"), COST),),
        "revenue credited over cost",
    ),
    Figure(
        "Gap to tracking",
        "money",
        ((GAP,),),
        "booked less tracked, of what is not awaited",
    ),
)


def single(sql: str, marts: Marts, filters: Filters) -> Value:
    """Ask for a sum; null where the property has nothing of it, whatever is chosen."""

    def ask(chosen: Filters) -> Value:
        return marts.ask(filtered(sql, chosen), chosen.parameters).rows[0][0]

    value = ask(filters)
    if value is None and filters.active and ask(filters.of_all) is not None:
        return 0
    return value


def figures(marts: Marts, filters: Filters, currency: str | None) -> list[Shown]:
    """Answer each figure; one that cannot follow the filters says so and is a dash."""
    found = []
    for figure in FIGURES:
        meanings = figure.meaning
        if isinstance(meanings, str):
            meanings = (meanings,) * len(figure.ways)
        queries, meaning = next(
            (
                pair
                for pair in zip(figure.ways, meanings, strict=True)
                if all(filters.active <= known(sql) for sql in pair[0])
            ),
            ((), ""),
        )
        if not queries:
            words = ", ".join(WORDS[name] for name in WORDS if name in filters.active)
            meaning = f"not known for the chosen {words}"
            found.append(Shown(figure.label, NOTHING, meaning))
            continue
        value, *lower = (single(sql, marts, filters) for sql in queries)
        if value is None or None in lower:
            value, meaning = None, "no data of it"
        elif lower:
            (divisor,) = lower
            value = float(value) / float(divisor) if divisor else None
            meaning = meaning if divisor else "nothing to divide by"
        found.append(Shown(figure.label, shown(value, figure.kind, currency), meaning))
    return found


sessions_over_time = Question(
    key="sessions_over_time",
    title="How many sessions come?",
    definition="Sessions by their start on the property's clock. A missing column is "
    "a period without any row.",
    sql="""
        select
            date_trunc($grain, session_date)::date as period,
            sum(session_count) as session_count
        from marts.rpt_sessions_daily
        where {filters: dates=session_date, channel, market, device}
        group by all
        order by period
    """,
    missing=NO_SESSIONS,
    says=over_time("session_count", "sessions"),
    draw=lambda rows: shapes.columns(rows, "session_count"),
)

orders_over_time = Question(
    key="orders_over_time",
    title="How many orders are placed?",
    definition="Counted conversions on the day of the order: those in the backend "
    "where there is one. With a channel chosen, the orders credited to it by the "
    "model.",
    sql=(
        """
        select
            date_trunc($grain, period_start)::date as period,
            sum(order_count) as order_count
        from marts.rpt_orders
        where {filters: dates=period_start, device}
            and period = 'day' and device != '(all)'
        group by all
        order by period
        """,
        """
        select
            date_trunc($grain, report_date)::date as period,
            round(sum(credited_conversions), 6) as order_count
        from marts.rpt_channel_attribution
        where {filters: dates=report_date, channel, market}
            and attribution_model = $model and date_basis = 'conversion'
        group by all
        order by period
        """,
    ),
    missing=NO_ORDERS,
    says=over_time("order_count", "orders"),
    draw=lambda rows: shapes.columns(rows, "order_count", ORANGE),
)

revenue_over_time = Question(
    key="revenue_over_time",
    title="How much revenue comes in?",
    definition="Revenue of counted conversions on the day of the order, before "
    "refunds: the backend's where there is one. With a channel or market chosen, what "
    "is credited there: before refunds, unless var credit_revenue says net.",
    sql=tuple(
        sql.replace(
            "round(sum(credited_conversions), 6) as order_count",
            "sum(credited_revenue) as revenue",
        ).replace("order_count", "revenue")
        for sql in orders_over_time.queries
    ),
    missing=NO_ORDERS,
    says=over_time("revenue", "of revenue"),
    draw=lambda rows: shapes.columns(rows, "revenue", GREEN),
)

revenue_by_market = Question(
    key="revenue_by_market",
    title="Which markets bring the revenue?",
    definition="Orders and revenue by market, on the day of the order; before refunds, "
    "unless var credit_revenue says net.",
    sql="""
        select
            market,
            round(sum(credited_conversions), 6) as order_count,
            sum(credited_revenue) as revenue
        from marts.rpt_channel_attribution
        where {filters: dates=report_date, channel, market}
            and attribution_model = $model and date_basis = 'conversion'
        group by market
        qualify bool_or(market != '(unknown)') over ()
        order by revenue desc, market
    """,
    missing="No order here says its market.",
    says=leader("market", "revenue", "{who} brings most: {amount}"),
    draw=lambda rows: shapes.bars(rows, "market", "revenue", colour=GREEN),
)
