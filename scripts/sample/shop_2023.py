"""Ten days of the 2023 layout: no backend, no journey table, a cost for each session.

Journeys are built from the sessions of the conversion's user; what makes that hard is
here: equal timestamps, a session at the instant of the conversion, users who buy twice,
users without an id.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from sample.buyers import list_buyers
from sample.raw import (
    ADWORDS_CHANNELS,
    CHANNEL_WEIGHTS,
    OTHER_PAID_CHANNELS,
    Row,
    Sample,
)

COLUMNS: dict[str, tuple[str, ...]] = {
    "session_sources": (
        "session_id",
        "user_id",
        "event_date",
        "event_time",
        "channel_name",
        "holder_engagement",
        "closer_engagement",
        "impression_interaction",
    ),
    "conversions": ("conv_id", "user_id", "conv_date", "conv_time", "revenue"),
    "session_costs": ("session_id", "cost"),
}

FIRST_DAY = datetime(2023, 8, 29)
DAY_COUNT = 10
LOOKBACK = timedelta(days=90)
BUYER_COUNT = 130
VISITOR_COUNT = 160
REPEAT_BUYER_COUNT = 12
SESSION_COUNT_WEIGHTS = (40, 25, 15, 10, 6, 4)


def new_id(rng: Random) -> str:
    """Give an id that looks hashed."""
    return f"{rng.getrandbits(64):016x}"


def drawn_instant(rng: Random, day_number: int) -> datetime:
    """Draw a second of a day between seven and midnight."""
    seconds = rng.randrange(7 * 3_600, 24 * 3_600)
    return FIRST_DAY + timedelta(days=day_number, seconds=seconds)


def add_session(sample: Sample, rng: Random, user_id: str, start: datetime) -> Row:
    """Let a user visit, at a price where the channel is paid."""
    weights = tuple(CHANNEL_WEIGHTS.values())
    channel = rng.choices(tuple(CHANNEL_WEIGHTS), weights)[0]
    is_engaged = rng.random() < 0.6
    session = {
        "session_id": new_id(rng),
        "user_id": user_id,
        "event_date": f"{start:%Y-%m-%d}",
        "event_time": f"{start:%H:%M:%S}",
        "channel_name": channel,
        "holder_engagement": str(int(is_engaged)),
        "closer_engagement": str(int(is_engaged and rng.random() < 0.5)),
        "impression_interaction": str(int(rng.random() < 0.04)),
    }
    sample.tables["session_sources"].append(session)
    if channel in ADWORDS_CHANNELS + OTHER_PAID_CHANNELS:
        micros = Decimal(rng.randint(40_000, 1_600_000)).scaleb(-6)
        cost = micros.quantize(Decimal(1).scaleb(-rng.choice((3, 4, 5, 6))))
        sample.tables["session_costs"].append(
            {"session_id": session["session_id"], "cost": str(cost)}
        )
    return session


def add_conversion(sample: Sample, rng: Random, user_id: str, at: datetime) -> Row:
    """Let a user buy."""
    cents = Decimal(round(4_500 * rng.lognormvariate(0, 0.6)))
    conversion = {
        "conv_id": new_id(rng),
        "user_id": user_id,
        "conv_date": f"{at:%Y-%m-%d}",
        "conv_time": f"{at:%H:%M:%S}",
        "revenue": str(cents.scaleb(-2)),
    }
    sample.tables["conversions"].append(conversion)
    return conversion


def instant_of(row: Row, event: str) -> datetime:
    """Read the timestamp of a session (`event`) or a conversion (`conv`)."""
    return datetime.fromisoformat(f"{row[f'{event}_date']} {row[f'{event}_time']}")


def add_visits(sample: Sample, rng: Random) -> None:
    """Let buyers and visitors come a few times, on any of the days."""
    lengths = range(1, len(SESSION_COUNT_WEIGHTS) + 1)
    for place in range(BUYER_COUNT + VISITOR_COUNT):
        user_id = new_id(rng)
        for _ in range(rng.choices(lengths, SESSION_COUNT_WEIGHTS)[0]):
            start = drawn_instant(rng, rng.randrange(DAY_COUNT))
            session = add_session(sample, rng, user_id, start)
        if place < BUYER_COUNT:
            wait = timedelta(seconds=rng.randrange(30, 2_400))
            end_of_day = start.replace(hour=23, minute=59, second=59)
            add_conversion(sample, rng, user_id, min(start + wait, end_of_day))
        if place < REPEAT_BUYER_COUNT:
            first = instant_of(session, "event")
            add_conversion(sample, rng, user_id, first.replace(hour=23, minute=58))


def equal_timestamps(sample: Sample, rng: Random) -> None:
    """Count a redirect twice: two sessions of one user in the same second."""
    for row in rng.sample(sample.tables["conversions"][:BUYER_COUNT], 5):
        start = instant_of(row, "conv") - timedelta(minutes=1)
        for _ in range(2):
            add_session(sample, rng, row["user_id"], start)


def session_at_the_conversion(sample: Sample, rng: Random) -> None:
    """Start a session with the purchase, a touch, and one a second later, none."""
    for row in rng.sample(sample.tables["conversions"][:BUYER_COUNT], 4):
        instant = instant_of(row, "conv")
        add_session(sample, rng, row["user_id"], instant)
        add_session(sample, rng, row["user_id"], instant + timedelta(seconds=1))


def users_without_id(sample: Sample, rng: Random) -> None:
    """Let visitors refuse cookies: sessions and conversions of nobody."""
    for day_number in (1, 4, 8):
        start = drawn_instant(rng, day_number)
        session = add_session(sample, rng, "", start)
        conversion = add_conversion(sample, rng, "", start + timedelta(minutes=5))
        conv_id, channel = conversion["conv_id"], session["channel_name"]
        note = "refused cookies"
        sample.found("conversion_without_user", "conversions", conv_id, note=note)
        sample.found("session_without_user", "session_sources", channel, note=note)


def users_without_session(sample: Sample, rng: Random) -> None:
    """Take orders by telephone: no session at all, or only one afterwards."""
    for place in range(8):
        user_id, instant = new_id(rng), drawn_instant(rng, place)
        add_conversion(sample, rng, user_id, instant)
        if place >= 5:
            add_session(sample, rng, user_id, instant + timedelta(days=1))


def conversion_without_touchpoint(sample: Sample, rng: Random) -> None:
    """List the conversions whose user has no session in the lookback window."""
    starts: dict[str, list[datetime]] = {}
    for row in sample.tables["session_sources"]:
        starts.setdefault(row["user_id"], []).append(instant_of(row, "event"))
    for row in sample.tables["conversions"]:
        end = instant_of(row, "conv")
        candidates = starts.get(row["user_id"], []) if row["user_id"] else []
        if not any(end - LOOKBACK < start <= end for start in candidates):
            sample.found(
                "conversion_without_touchpoint",
                "session_sources",
                row["conv_id"],
                note="no session before" if row["user_id"] else "no user id",
            )


def buyers_never_seen(sample: Sample, rng: Random) -> None:
    """List the buyers without a session, and those whose first one came too late."""
    orders = [
        (row["user_id"], instant_of(row, "conv"))
        for row in sample.tables["conversions"]
    ]
    visits = [
        (row["user_id"], instant_of(row, "event"))
        for row in sample.tables["session_sources"]
    ]
    list_buyers(sample, orders, visits, "session_sources")


def refused_costs(sample: Sample, rng: Random) -> None:
    """Deliver costs that cannot be read, come twice or belong to no session."""
    cost = {"session_id": "", "cost": "0.5125"}
    sample.reject("session_costs", cost, "session_id is missing")
    cost = {"session_id": new_id(rng), "cost": "n/a"}
    sample.reject("session_costs", cost, "cost is not an amount")
    cost = {"session_id": new_id(rng), "cost": "0.731"}
    sample.reject("session_costs", cost, "session_id is unknown")

    first = rng.choice(sample.tables["session_costs"][:100])
    dearer = first | {"cost": str(Decimal(first["cost"]) + 2)}
    sample.reject("session_costs", dearer, "session_id is repeated", "dearer again")


def refused_sessions_and_conversions(sample: Sample, rng: Random) -> None:
    """Break a session and a conversion, and load a session twice."""
    session, loaded_twice = rng.sample(sample.tables["session_sources"], 2)
    broken = session | {"session_id": new_id(rng), "event_time": "25:61:00"}
    sample.reject("session_sources", broken, "event_time is not a time")
    reason = "session_id is repeated"
    sample.reject("session_sources", loaded_twice.copy(), reason, "loaded twice")

    conversion = rng.choice(sample.tables["conversions"])
    broken = conversion | {"conv_id": new_id(rng), "revenue": "12,50 EUR"}
    sample.reject("conversions", broken, "revenue is not an amount")


STEPS: tuple[Callable[[Sample, Random], None], ...] = (
    add_visits,
    equal_timestamps,
    session_at_the_conversion,
    users_without_id,
    users_without_session,
    conversion_without_touchpoint,
    buyers_never_seen,
    refused_costs,
    refused_sessions_and_conversions,
)


def shop_2023(rng: Random) -> Sample:
    """Open the shop for ten days of 2023."""
    sample = Sample("company_x_2023", {table: [] for table in COLUMNS})
    for step in STEPS:
        step(sample, rng)
    return sample
