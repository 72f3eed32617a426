"""What to do next: what the numbers themselves call for, most pressing first.

Each piece of advice names its number, and is given only where that number is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from serving.filters import Filters, filtered
from serving.formats import shown
from serving.marts import Answer, Marts
from serving.questions import budget, channels, marketplace, reconciliation
from serving.questions.common import note, total

# the checks that cost money or hide it, in this order; the others are on their page
PRESSING = (
    "revenue_gap_too_large",
    "conversion_missing_in_tracking",
    "market_on_another_scale",
    "missing_day",
    "cost_day_missing",
    "campaign_day_cost_without_sessions",
    "zero_revenue_in_tracking",
    "lot_oversold",
    "rejected_rows",
)
CHECKS_SHOWN = 3
SMALLEST_GAP = 0.01
SMALLEST_BLIND_SHARE = 0.2


@dataclass(frozen=True)
class Advice:
    """Something to do, and the numbers that call for it."""

    what: str
    why: str
    page: str


def advice(marts: Marts, filters: Filters, currency: str | None) -> list[Advice]:
    """List what to do next; empty where nothing calls for it.

    Each says which of the chosen filters its numbers do not follow.
    """

    def ask(sql: str) -> Answer:
        return marts.ask(filtered(sql, filters), filters.parameters)

    gap, returns, split, steps = (
        question.queries[0]
        for question in (
            reconciliation.gap_over_time,
            channels.channel_returns,
            budget.budget_shift,
            marketplace.funnel,
        )
    )
    earned, moved = ask(returns), ask(split)
    # orders without a path are a part of all, not of those of a channel
    whole = not filters.channel
    found: tuple[tuple[str, Iterable[Advice]], ...] = (
        (gap, of_gap(ask(gap), currency)),
        (returns, of_returns(earned, moved, currency)),
        (returns, of_orders(earned) if whole else ()),
        (split, of_budget(moved, currency)),
        (steps, of_listings(ask(steps))),
        (CHECKS, of_checks(ask(CHECKS))),
    )
    return [
        replace(one, why=f"{one.why} {note(sql, filters)}".rstrip())
        for sql, several in found
        for one in several
    ]


CHECKS = f"""
    select check_name, question, status, rows_affected, explanation
    from marts.rpt_data_quality
    where {{filters}} and rows_affected > 0 and check_name in {PRESSING}
    order by list_position(['fail', 'warn'], status),
        list_position({list(PRESSING)}, check_name)
    limit {CHECKS_SHOWN}
"""


def of_gap(rows: Answer, currency: str | None) -> Iterator[Advice]:
    """Look into tracking where it misses a share of what is booked."""
    if not rows:
        return
    booked = total(rows, "backend_revenue")
    apart = total(rows, "revenue_gap") - total(rows, "awaiting_gap")
    if booked and abs(apart / booked) >= SMALLEST_GAP:
        yield Advice(
            "Find out why tracking and books differ.",
            reconciliation.gap(rows, currency),
            "reconciliation",
        )


def profit(row: dict[str, Any]) -> float:
    """Tell what a channel with a ROMI earned beyond its cost."""
    return row["romi"] * row["cost"]


def of_returns(rows: Answer, split: Answer, currency: str | None) -> Iterator[Advice]:
    """Question spend that does not come back, of `rows`; `split` is the budget."""
    found = rows.dicts()
    judged = [row for row in found if row["romi"] is not None]
    losing = [row for row in judged if profit(row) < 0]
    if losing:
        worst = min(losing, key=profit)
        cost, earned = worst["cost"], worst["cost"] + profit(worst)
        rising = [row["channel"] for row in split.dicts() if row["status"] == "more"]
        caveat = (
            " The next unit of spend may earn more than elsewhere, though: see budget "
            "before spending less."
        )
        yield Advice(
            f"Question the spend on {worst['channel']}.",
            f"It cost {shown(cost, 'money', currency)} and is credited with "
            f"{shown(earned, 'money', currency)} of gross profit. {len(losing)} of "
            f"{len(judged)} channels with a cost do not earn it."
            f"{caveat if worst['channel'] in rising else ''}",
            "channels",
        )
    unseen = [row for row in found if row["channel"] == "(no session)" and row["cost"]]
    for row in unseen:
        yield Advice(
            "Tag the landing pages of campaigns that bring nobody.",
            f"{shown(row['cost'], 'money', currency)} was billed for campaign days "
            "without a single session.",
            "spend",
        )


def of_orders(rows: Answer) -> Iterator[Advice]:
    """Look into orders that nobody led to, where they are many."""
    found = rows.dicts()
    orders = sum(row["credited_conversions"] for row in found)
    blind = sum(
        row["credited_conversions"]
        for row in found
        if row["channel"] == "(no touchpoint)"
    )
    if orders and blind / orders >= SMALLEST_BLIND_SHARE:
        yield Advice(
            "Find out where orders without a path come from.",
            f"{shown(round(blind), 'count')} of {shown(round(orders), 'count')} orders "
            f"({shown(blind / orders, 'share')}) have no session that led to them, so "
            f"no channel is credited.",
            "channels",
        )


def of_budget(rows: Answer, currency: str | None) -> Iterator[Advice]:
    """Try the recommended split where there is one."""
    if rows and any(rows.column("spend_change")):
        yield Advice(
            "Try the recommended budget, and test its largest move.",
            f"{budget.moves(rows, currency)} It is observational: a lift test says "
            "whether it holds.",
            "budget",
        )


def of_listings(rows: Answer) -> Iterator[Advice]:
    """Help sellers where most listings are lost."""
    steps = [(row["step"], row["listing_count"]) for row in rows.dicts()]
    drops = [
        (before - after, name, following, before)
        for (name, before), (following, after) in zip(steps, steps[1:], strict=False)
    ]
    if drops and max(drops)[0] > 0:
        lost, name, following, before = max(drops)
        yield Advice(
            f"Help sellers from {name} to {following}.",
            f"{shown(lost, 'count')} of {shown(before, 'count')} listings do not get "
            "from the one to the other.",
            "marketplace",
        )


def of_checks(rows: Answer) -> Iterator[Advice]:
    """Mend the data where a check says that money is lost or hidden."""
    for row in rows.dicts():
        yield Advice(
            f"Mend the data: {row['question'][0].lower()}{row['question'][1:]}",
            f"{shown(row['rows_affected'], 'count')} found. {row['explanation']}",
            "quality",
        )
