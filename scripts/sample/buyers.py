"""Which buyers were never seen to visit, or only after they had bought."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sample.raw import Sample
from sample.verify import readable_conversions, readable_sessions

# a user and the time of an order or the start of a visit
Happening = tuple[str, datetime]


def first_of_each(happenings: Iterable[Happening]) -> dict[str, datetime]:
    """Give each user's first time; nobody (an empty id) has none."""
    firsts: dict[str, datetime] = {}
    for user, at in happenings:
        if user:
            firsts[user] = min(at, firsts.get(user, at))
    return firsts


def list_buyers(
    sample: Sample,
    orders: Iterable[Happening],
    visits: Iterable[Happening],
    table: str,
) -> None:
    """List the buyers who are to be found.

    Args:
        sample: where they are listed.
        orders: the counted conversions.
        visits: the sessions that can be read.
        table: what the raw table of the visits is called.
    """
    starts = first_of_each(visits)
    for user, at in first_of_each(orders).items():
        if user not in starts:
            sample.found("buyer_without_session", table, user, note="no visit")
        elif at < starts[user]:
            check = "conversion_before_first_session"
            sample.found(check, table, user, note="visit after")


def list_buyers_2021(sample: Sample, folder: Path) -> None:
    """List those of the 2021 layout, as its written files have them.

    What is booked counts, and what was tracked after the last booked day; only its day
    is known, at whose end it happened.
    """
    booked = readable_conversions(folder / "conversions_backend.csv")
    tracked = readable_conversions(folder / "conversions.csv")
    last_day = max(row["conv_date"] for row in booked.values())
    awaited = {k: row for k, row in tracked.items() if row["conv_date"] > last_day}
    orders = [
        (row["user_id"], datetime.fromisoformat(f"{row['conv_date']} 23:59:59.999999"))
        for row in (awaited | booked).values()
    ]
    visits = [
        (
            row["user_id"],
            datetime.fromisoformat(
                f"{row['event_date']} {row['event_time'] or '00:00:00'}"
            ),
        )
        for row in readable_sessions(folder / "session_sources.csv").values()
    ]
    list_buyers(sample, orders, visits, "session_sources")
