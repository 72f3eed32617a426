"""Raw rows in the input contract, read as docs/your_data.md says.

Rows are sound: their keys, times and amounts can be read. What is left out here is what
the definitions refuse of sound rows: repeated keys, amounts without an exchange rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from reference.days import in_utc, local_day
from reference.facts import (
    ALL,
    NO_SESSION,
    NO_TOUCH,
    UNKNOWN,
    Bill,
    JourneyRow,
    Listing,
    Moment,
    Order,
    Property,
    RefundRow,
    Session,
)
from reference.money import exchanged

Row = dict[str, str]

# "direct if it is one of a documented list"
DIRECT = {"direct", "(direct)", "direct traffic", "(none)"}
SAYS_WHENCE = ("source", "medium", "campaign", "landing_url", "referrer")


def text(row: Row, column: str) -> str | None:
    """Read a text; "an absent column is null", and so is an empty value."""
    return row.get(column) or None


def number(row: Row, column: str) -> Decimal | None:
    """Read a number."""
    value = text(row, column)
    return None if value is None else Decimal(value)


def truth(row: Row, column: str) -> bool | None:
    """Read true or false."""
    value = text(row, column)
    return None if value is None else value == "true"


def moment(row: Row, column: str, time_zone: str) -> Moment | None:
    """Read a time: ISO 8601; "a day alone will do".

    "One without an offset is on the property's own clock."
    """
    value = text(row, column)
    if value is None:
        return None
    if len(value) == len("2024-03-30"):
        return Moment(date.fromisoformat(value), None)
    found = datetime.fromisoformat(value)
    if found.tzinfo:
        at = found.astimezone(UTC).replace(tzinfo=None)
    else:
        at = in_utc(found, time_zone)
    return Moment(local_day(at, time_zone), at)


def instant(row: Row, column: str, time_zone: str) -> datetime | None:
    """Read a time in UTC; "an empty or absent session time is midnight"."""
    found = moment(row, column, time_zone)
    if found is None or found.at:
        return found and found.at
    return in_utc(datetime.combine(found.day, datetime.min.time()), time_zone)


def once(rows: Iterable[Row], *key: str) -> list[Row]:
    """Keep each key once: "the first by all columns stays"."""
    kept: dict[tuple[str | None, ...], Row] = {}
    for row in sorted(rows, key=lambda row: list(row.values())):
        kept.setdefault(tuple(text(row, column) for column in key), row)
    return list(kept.values())


def unreserved(name: str | None) -> str | None:
    """Read a name that is none of the reports' words: a total "loses its brackets".

    "(unknown) is like none."
    """
    if name in (ALL, NO_SESSION, NO_TOUCH):
        return name.strip("()")
    return None if name == UNKNOWN else name


def channel_of(shop: Property, row: Row, is_silent: bool) -> tuple[str, bool]:
    """Tell a session's channel, and whether it is direct.

    "An unmapped name keeps itself" if it is no word of the reports. "A session of which
    nothing is said is Direct, but not in a property that never says anything: there it
    is (unknown)."
    """
    name = text(row, "channel")
    if name is None:
        return (UNKNOWN if is_silent else "Direct"), True
    own = unreserved(name)
    is_direct = own is None or own.lower() in DIRECT
    return shop.channels.get(name, (own or UNKNOWN, is_direct))


def sessions(shop: Property, rows: list[Row]) -> list[Session]:
    """Read sessions; one whose cost has no exchange rate is refused."""
    is_silent = not any(text(row, column) for row in rows for column in SAYS_WHENCE)
    found = []
    for row in once(rows, "session_id"):
        started_at = instant(row, "started_at", shop.time_zone)
        day = local_day(started_at, shop.time_zone)
        ended_at = instant(row, "ended_at", shop.time_zone)
        channel, is_direct = channel_of(shop, row, is_silent)
        said = number(row, "session_cost")
        cost = None
        if said is not None:
            cost = exchanged(shop, said, text(row, "currency"), day, places=6)
            if cost is None:
                continue
        is_known = truth(row, "has_consent") is not False
        found.append(
            Session(
                row["session_id"],
                text(row, "user_id") if is_known else None,
                started_at,
                day,
                channel,
                is_direct,
                text(row, "campaign_id") or text(row, "campaign"),
                text(row, "market"),
                unreserved(text(row, "device")),
                truth(row, "is_bounce"),
                seconds_between(started_at, ended_at),
                cost,
            )
        )
    return found


def seconds_between(start: datetime, end: datetime | None) -> Decimal | None:
    """Tell a duration: "end - start in seconds, null where negative"."""
    if end is None or end < start:
        return None
    passed = end - start
    whole = passed.days * 86400 + passed.seconds
    return whole + Decimal(passed.microseconds).scaleb(-6)


def orders(shop: Property, rows: list[Row]) -> list[Order]:
    """Read the conversions of one side; without an exchange rate they are refused.

    The key is conversion, user and local day; of rows that repeat it the first by its
    columns stays: the earliest time, then the smallest amount, what is absent last.
    """
    read = [(row, moment(row, "converted_at", shop.time_zone)) for row in rows]
    kept: dict[tuple[str, str | None, date], tuple[Row, Moment]] = {}
    for row, when in sorted(read, key=lambda pair: first_by_columns(*pair)):
        key = row["conversion_id"], text(row, "user_id"), when.day
        kept.setdefault(key, (row, when))
    found = []
    for row, when in kept.values():
        said = number(row, "revenue") or Decimal(0)
        revenue = exchanged(shop, said, text(row, "currency"), when.day, places=2)
        if revenue is not None:
            found.append(
                Order(
                    row["conversion_id"],
                    text(row, "user_id"),
                    when,
                    revenue,
                    text(row, "market"),
                    text(row, "currency"),
                    moment(row, "cancelled_at", shop.time_zone),
                )
            )
    return found


def first_by_columns(row: Row, when: Moment) -> tuple[object, ...]:
    """Order rows that repeat a key."""
    said = number(row, "revenue")
    return when.at is None, when.at or datetime.max, said is None, said or 0


def bills(shop: Property, rows: list[Row]) -> list[Bill]:
    """Read ad costs; "ad costs of one campaign-day are summed"."""
    sums: dict[tuple[str, date], list[tuple[Decimal, int | None]]] = {}
    for row in rows:
        day = date.fromisoformat(row["cost_date"])
        cost = exchanged(shop, Decimal(row["cost"]), text(row, "currency"), day, 6)
        clicks = number(row, "clicks")
        if cost is not None:
            sums.setdefault((row["campaign_id"], day), []).append(
                (cost, None if clicks is None else int(clicks))
            )
    return [
        Bill(
            campaign,
            day,
            sum((cost for cost, _ in parts), Decimal(0)),
            added([clicks for _, clicks in parts]),
            len(parts),
        )
        for (campaign, day), parts in sums.items()
    ]


def added(numbers: list[int | None]) -> int | None:
    """Add up what is known; None where nothing is."""
    known = [n for n in numbers if n is not None]
    return sum(known) if known else None


def refunds(shop: Property, rows: list[Row]) -> list[RefundRow]:
    """Read refunds: an id "each once"; without one every row is a refund."""
    named = once([row for row in rows if text(row, "refund_id")], "refund_id")
    nameless = [row for row in rows if not text(row, "refund_id")]
    return [
        RefundRow(
            text(row, "refund_id"),
            row["conversion_id"],
            moment(row, "refunded_at", shop.time_zone),
            Decimal(row["amount"]),
            text(row, "kind"),
            text(row, "currency"),
        )
        for row in [*named, *nameless]
    ]


def journeys(rows: list[Row]) -> list[JourneyRow]:
    """Read provided touches."""
    return [
        JourneyRow(row["conversion_id"], row["session_id"], number(row, "weight"))
        for row in once(rows, "conversion_id", "session_id")
    ]


def listings(shop: Property, rows: list[Row]) -> list[Listing]:
    """Read listings."""
    return [
        Listing(
            row["listing_id"],
            instant(row, "created_at", shop.time_zone),
            instant(row, "completed_at", shop.time_zone),
            instant(row, "sold_at", shop.time_zone),
            text(row, "brand"),
            text(row, "category"),
        )
        for row in once(rows, "listing_id")
    ]
