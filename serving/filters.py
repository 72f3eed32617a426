"""What a reader has chosen to look at, and the conditions that this makes in SQL."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

PLACEHOLDER = re.compile(r"\{filters(?::([^}]*))?\}")
DAYS_SHOWN_BY_DAY = 62
DAYS_SHOWN_BY_WEEK = 400


@dataclass(frozen=True)
class Filters:
    """One property, and what of it: nothing chosen is all of it.

    `first` and `last` are days, both included. `model` and `basis` say by which
    attribution model and on which day revenue is credited. `span` is the days between
    the property's first and last data; it decides the grain where no day is chosen.
    """

    property: str
    first: date | None = None
    last: date | None = None
    channel: tuple[str, ...] = ()
    market: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    model: str = "last_non_direct"
    basis: str = "touch"
    span: int = 0

    @property
    def active(self) -> set[str]:
        """Name the filters that leave something out."""
        lists = {
            name for name in ("channel", "market", "device") if getattr(self, name)
        }
        return lists | ({"dates"} if self.first or self.last else set())

    @property
    def of_all(self) -> Filters:
        """Leave nothing of the property out."""
        return replace(self, first=None, last=None, channel=(), market=(), device=())

    @property
    def days(self) -> str:
        """Name the chosen days; an end that is none stays open."""
        ends = (("from", self.first), ("to", self.last))
        return " ".join(
            f"{word} {end:%Y-%m-%d}"
            for word, end in ends
            if end and end not in (date.min, date.max)
        )

    @property
    def cuts_months(self) -> bool:
        """Tell whether only some days of a month are chosen."""
        first, last = self.first or date.min, self.last or date.max
        return first.day > 1 or last.day < monthrange(last.year, last.month)[1]

    @property
    def grain(self) -> str:
        """Choose day, week or month by the days that are looked at."""
        days = (self.last - self.first).days if self.first and self.last else self.span
        if days <= DAYS_SHOWN_BY_DAY:
            return "day"
        return "week" if days <= DAYS_SHOWN_BY_WEEK else "month"

    @property
    def parameters(self) -> dict[str, Any]:
        """Give the values that conditions and queries name."""
        return {
            "property": self.property,
            "first": self.first or date.min,
            "last": self.last or date.max,
            "channel": list(self.channel),
            "market": list(self.market),
            "device": list(self.device),
            "model": self.model,
            "basis": self.basis,
            "grain": self.grain,
        }


def known(sql: str) -> set[str]:
    """Name the filters that a query can follow."""
    names = set()
    for found in PLACEHOLDER.finditer(sql):
        for part in filter(None, map(str.strip, (found[1] or "").split(","))):
            names.add("dates" if part.startswith("months") else part.split("=")[0])
    return names


def takes_months(sql: str) -> bool:
    """Tell whether a query follows the dates by whole months."""
    return any("months=" in (found[1] or "") for found in PLACEHOLDER.finditer(sql))


def filtered(sql: str, filters: Filters) -> str:
    """Put conditions where a query says `{filters: dates=report_date, channel}`.

    Each name is that of a filter, with the column it looks at where that is called
    something else. `months=cohort_month` follows the dates by whole months, also by
    those of which only some days are chosen.
    """
    return PLACEHOLDER.sub(lambda found: conditions(found[1] or "", filters), sql)


def conditions(names: str, filters: Filters) -> str:
    """Write the conditions of one placeholder."""
    found = ["property = $property"]
    for part in filter(None, map(str.strip, names.split(","))):
        name, _, column = part.partition("=")
        column = column or name
        match name:
            case "dates" if "dates" in filters.active:
                found.append(f"{column} between $first and $last")
            case "months" if "dates" in filters.active:
                found.append(
                    f"{column} between date_trunc('month', $first::date) and $last"
                )
            case "dates" | "months":
                pass
            case _ if name in filters.active:
                found.append(f"list_contains(${name}, {column})")
    return " and ".join(found)


def best(queries: tuple[str, ...], filters: Filters) -> str:
    """Choose the first query that follows every filter, else the first one."""
    follows: Callable[[str], bool] = lambda sql: filters.active <= known(sql)  # noqa: E731
    return next(filter(follows, queries), queries[0])
