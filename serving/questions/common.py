"""What a question is, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from altair.utils.schemapi import debug_mode

from serving.charts.shapes import Chart
from serving.charts.theme import finished
from serving.filters import Filters, best, filtered, known, takes_months
from serving.formats import column, shown
from serving.marts import Answer, Marts

WORDS = {
    "dates": "dates",
    "channel": "channels",
    "market": "markets",
    "device": "devices",
}


@dataclass(frozen=True)
class Question:
    """One thing that people ask.

    Attributes:
        key: what it is called in a file name or an address.
        title: the question itself.
        definition: what the numbers are, in words.
        sql: the query, or several of which the first that follows every filter is run;
            the first one is what they all mean.
        missing: why there may be nothing to show.
        says: the answer in a sentence; read aloud in place of the chart.
        draw: the chart; none where a table says it better, or where it has nothing to
            draw.
    """

    key: str
    title: str
    definition: str
    sql: str | tuple[str, ...]
    missing: str
    says: Callable[[Answer, str | None], str]
    draw: Callable[[Answer], Chart | None] | None = None

    @property
    def queries(self) -> tuple[str, ...]:
        """Give the queries, also if it is one."""
        return self.sql if isinstance(self.sql, tuple) else (self.sql,)


@dataclass(frozen=True)
class Answered:
    """A question with its rows.

    `note` says which filters these could not follow, and whether days were chosen that
    are shown by months; empty where the numbers follow all. `missing` says why there
    are no rows where there are none.
    """

    question: Question
    rows: Answer
    currency: str | None
    note: str
    missing: str

    @property
    def sentence(self) -> str:
        """Give the answer in words, or why there is none."""
        if not self.rows:
            return self.missing
        return self.question.says(self.rows, self.currency)

    @property
    def spec(self) -> dict[str, Any] | None:
        """Give the chart as Vega-Lite; none without rows or anything to draw."""
        if self.question.draw is None or not self.rows:
            return None
        with debug_mode(False):
            chart = self.question.draw(self.rows)
        if chart is None:
            return None
        words = f"{self.question.title} {self.sentence}"
        return finished(chart, words, self.currency)


def answer(
    question: Question, marts: Marts, filters: Filters, currency: str | None
) -> Answered:
    """Answer a question from the marts."""
    query = best(question.queries, filters)
    rows = marts.ask(filtered(query, filters), filters.parameters)
    missing = question.missing
    followed = filters.active & known(query)
    if not rows and followed:
        every = filters.of_all
        if marts.ask(filtered(query, every), every.parameters):
            missing = nothing_left(filters, followed)
    return Answered(
        question,
        rows,
        currency,
        note(query, filters),
        missing,
    )


def unfollowed(sql: str, filters: Filters) -> tuple[str, ...]:
    """Name the chosen filters that a query cannot follow."""
    return tuple(name for name in WORDS if name in filters.active - known(sql))


def note(sql: str, filters: Filters) -> str:
    """Say how far a query cannot follow the filters; empty where it follows all."""
    said = []
    if names := unfollowed(sql, filters):
        words = " and ".join(WORDS[name] for name in names)
        said.append(f"Not told apart by {words}: shown for all of them.")
    if takes_months(sql) and filters.cuts_months:
        said.append("Months are shown whole, also where only some days are chosen.")
    return " ".join(said)


def nothing_left(filters: Filters, followed: set[str]) -> str:
    """Say that the filters leave nothing of what the property has."""
    words = [WORDS[name] for name in WORDS if name in followed - {"dates"}]
    chosen = f" for the chosen {' and '.join(words)}" if words else ""
    days = f" {filters.days}" if "dates" in followed else ""
    return f"Nothing{chosen}{days}."


def total(answer: Answer, name: str) -> Any:  # noqa: ANN401 - what the column holds
    """Add up a column without its nulls."""
    return sum(value for value in answer.column(name) if value is not None)


def over_time(value: str, noun: str) -> Callable[[Answer, str | None], str]:
    """Say the sum of a column over periods, and its highest."""

    def says(rows: Answer, currency: str | None) -> str:
        kind = column(value).kind
        values = [v or 0 for v in rows.column(value)]
        top = max(range(len(values)), key=values.__getitem__)
        days = rows.column("period")
        return (
            f"{shown(sum(values), kind, currency)} {noun} in all; most from "
            f"{days[top]:%Y-%m-%d}: {shown(values[top], kind, currency)}."
        )

    return says


def leader(
    name: str, value: str, words: str = "{who} leads with {amount}", whole: bool = True
) -> Callable[[Answer, str | None], str]:
    """Say who has most of a column, and which part of its sum that is.

    Of a sum in which some amounts are below 0 nobody has a part.

    Args:
        name: the column that says who; its values may repeat and are added up.
        value: the column of the amounts.
        words: the sentence, without its part and its full stop.
        whole: whether the rows are all there are, so that a part can be told.
    """

    def says(rows: Answer, currency: str | None) -> str:
        sums: dict[str, Any] = {}
        for who, amount in zip(rows.column(name), rows.column(value), strict=True):
            if amount is not None:
                sums[who] = sums.get(who, 0) + amount
        if not sums:
            return f"{column(value).label} is not known here."
        if not any(sums.values()):
            return f"{column(value).label} is 0 for each of them."
        who = max(sums, key=sums.__getitem__)
        every = sum(sums.values())
        amount = shown(sums[who], column(value).kind, currency)
        said = words.format(who=who, amount=amount)
        if not whole or every == 0 or min(sums.values()) < 0:
            return f"{said}."
        return f"{said}, {shown(float(sums[who] / every), 'share')} of all."

    return says
