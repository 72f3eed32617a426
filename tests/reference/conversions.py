"""Which conversions count, at what, and where tracker and books differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from reference.days import end_of, local_day
from reference.facts import (
    UNKNOWN,
    Cells,
    Conversion,
    Order,
    Property,
    Session,
)

HALF_A_CENT = Decimal("0.005")


@dataclass(frozen=True)
class Sides:
    """What tracker and books say of each conversion, copies removed.

    Attributes:
        duplicates: the conversions that were tracked under several users or days.
        has_backend: "a property has a backend when its table is present".
        has_tracking: whether there is a table of tracked conversions.
    """

    tracked: dict[str, Order]
    booked: dict[str, Order]
    duplicates: set[str]
    has_backend: bool
    has_tracking: bool

    @property
    def last_booked(self) -> date | None:
        """The backend's last date."""
        return max((order.when.day for order in self.booked.values()), default=None)

    @property
    def keys(self) -> set[str]:
        """The conversions of every side."""
        return self.tracked.keys() | self.booked.keys()

    def is_awaiting(self, key: str) -> bool:
        """Tell whether it is "tracked after the backend's last date".

        Of an empty backend there is no last date: "nothing tracked would count".
        """
        last = self.last_booked
        if last is None or key in self.booked:
            return False
        return self.tracked[key].when.day > last


def sides(tracked: list[Order] | None, booked: list[Order] | None) -> Sides:
    """Bring each side to one row for each conversion; None is a table not there."""
    books = {key: rows[0] for key, rows in grouped(booked or []).items()}
    kept, duplicates = {}, set()
    for key, rows in grouped(tracked or []).items():
        agreeing = [row for row in rows if key in books and agree(row, books[key])]
        kept[key] = (agreeing or rows)[0]
        if len(rows) > 1:
            duplicates.add(key)
    return Sides(kept, books, duplicates, booked is not None, tracked is not None)


def grouped(orders: Iterable[Order]) -> dict[str, list[Order]]:
    """Group orders by conversion.

    "The row of the smallest user_id, then of the earliest day" is first.
    """
    groups: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        groups[order.conversion_id].append(order)
    return {key: sorted(rows, key=first_of_copies) for key, rows in groups.items()}


def first_of_copies(order: Order) -> tuple:
    """Order copies: nobody after everybody, a time before a day alone."""
    return (
        order.user_id is None,
        order.user_id or "",
        order.when.day,
        order.when.at is None,
        order.when.at or datetime.min,
    )


def agree(tracked: Order, booked: Order) -> bool:
    """Tell whether a tracked row "agrees with the backend on user and day"."""
    return (tracked.user_id, tracked.when.day) == (booked.user_id, booked.when.day)


def settled(shop: Property, both: Sides) -> list[Conversion]:
    """Tell each conversion at what counts.

    "Revenue, user, market and date are the backend's", also where it says none; "a
    tracked conversion missing there keeps its row with revenue 0.00, is_counted
    false." One that is awaited is
    "counted at tracked revenue".
    """
    found = []
    for key in sorted(both.keys):
        tracked, booked = both.tracked.get(key), both.booked.get(key)
        order = booked or tracked
        counts = booked is not None or not both.has_backend or both.is_awaiting(key)
        found.append(
            Conversion(
                key,
                order.user_id,
                time_of(shop, order.when.day, tracked),
                order.when.day,
                order.revenue if counts else Decimal("0.00"),
                counts,
                first_known(tracked and tracked.user_id, booked and booked.user_id),
                order.market,
                order=order,
            )
        )
    return found


def first_known(*values: str | None) -> str | None:
    """Return the first value that is there."""
    return next((value for value in values if value), None)


def time_of(shop: Property, day: date, tracked: Order | None) -> datetime:
    """Return T: "the tracker's timestamp if it lies on the backend's date".

    "Else the last microsecond of that date (a conversion with a date only happens
    then)." "Of a booked order only the day counts."
    """
    at = tracked and tracked.when.at
    if at and local_day(at, shop.time_zone) == day:
        return at
    return end_of(day, shop.time_zone)


def with_devices(
    conversions: Sequence[Conversion], sessions: Sequence[Session]
) -> list[Conversion]:
    """Add the device: "that of the buyer's last session begun at or before it"."""
    by_user = defaultdict(list)
    for session in sorted(sessions, key=lambda s: (s.started_at, s.session_id)):
        by_user[session.user_id].append(session)
    found = []
    for conversion in conversions:
        visits = by_user[conversion.user_id] if conversion.user_id else []
        before = [v for v in visits if v.started_at <= conversion.converted_at]
        device = before[-1].device if before else None
        found.append(replace(conversion, device=device))
    return found


def numbers(conversions: Sequence[Conversion]) -> dict[str, int]:
    """Count up each user's counted conversions, "by (converted_at, conversion_id)"."""
    counts: dict[str, int] = defaultdict(int)
    found = {}
    for one in sorted(conversions, key=lambda c: (c.converted_at, c.conversion_id)):
        if one.is_counted and one.user_id:
            counts[one.user_id] += 1
            found[one.conversion_id] = counts[one.user_id]
    return found


def reconciled(both: Sides) -> Cells:
    """Compare both sides of each conversion.

    Returns:
        conversion_id -> status, its flags (awaiting, missing in tracking, in backend,
        duplicate, revenue, user, date, market), tracked and backend revenue, gap,
        day, market. "A property with only one side has no reconciliation", and "what a
        side never names it does not disagree on".
    """
    if not both.has_backend or not both.has_tracking:
        return {}
    found: Cells = {}
    has_users = named_on_both_sides(both, "user_id")
    has_markets = named_on_both_sides(both, "market")
    for key in both.keys:
        tracked, booked = both.tracked.get(key), both.booked.get(key)
        on_both = bool(tracked and booked)
        earned = booked.revenue if booked else None
        seen = tracked.revenue if tracked else None
        gap = (earned or Decimal(0)) - (seen or Decimal(0))
        flags = {
            "awaiting_backend": both.is_awaiting(key),
            "missing_in_tracking": tracked is None,
            "missing_in_backend": booked is None and not both.is_awaiting(key),
            "duplicate_in_tracking": key in both.duplicates,
            "revenue_differs": on_both and abs(gap) > HALF_A_CENT,
            "user_differs": on_both and has_users and tracked.user_id != booked.user_id,
            "date_differs": on_both and tracked.when.day != booked.when.day,
            "market_differs": on_both
            and has_markets
            and tracked.market != booked.market,
        }
        # "status, first that holds"
        status = next((name for name, holds in flags.items() if holds), "matched")
        order = booked or tracked
        found[(key,)] = (
            status,
            *flags.values(),
            seen,
            earned,
            gap,
            order.when.day,
            order.market,
        )
    return found


def named_on_both_sides(both: Sides, part: str) -> bool:
    """Tell whether tracker and books each name a part of any of their orders."""
    return all(
        any(getattr(order, part) for order in side.values())
        for side in (both.tracked, both.booked)
    )


def reconciliation_daily(compared: Cells) -> Cells:
    """Add up a reconciliation by day and market.

    Returns:
        (day, market) -> conversions, tracked, booked, matched, awaited; tracked and
        backend revenue, gap, the part of it that is awaited.
    """
    sums: dict[tuple, list] = {}
    for status, *flags, seen, earned, gap, day, market in compared.values():
        is_awaiting = flags[0]
        row = sums.setdefault(
            (day, market or UNKNOWN), [0, 0, 0, 0, 0, *[Decimal(0)] * 4]
        )
        added = (
            1,
            seen is not None,
            earned is not None,
            status == "matched",
            is_awaiting,
            seen or 0,
            earned or 0,
            gap,
            gap if is_awaiting else 0,
        )
        for place, amount in enumerate(added):
            row[place] += amount
    return {key: tuple(row) for key, row in sums.items()}
