"""The 2021 layout at its real size, as one SQLite file: for timings, not for tests.

Row counts are those of the real tables; the values are drawn. Some defects are there
(either side missing, revenue and weights off, cost without sessions), none is listed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from sample.raw import ADWORDS_CHANNELS, CHANNEL_WEIGHTS, OTHER_PAID_CHANNELS

SESSION_COUNT = 1_616_702
TRACKED_COUNT = 16_954
BOOKED_COUNT = 17_283
COST_COUNT = 2_987
CAMPAIGN_COUNT = 109
TOUCH_COUNT = 22_499
JOURNEY_COUNT = 7_000

TRACKED_TWICE_COUNT = 16
ONLY_TRACKED_COUNT = 120
ONLY_BOOKED_COUNT = (
    BOOKED_COUNT - TRACKED_COUNT + TRACKED_TWICE_COUNT + ONLY_TRACKED_COUNT
)
OTHER_REVENUE_COUNT = 150
UNTRACKED_CAMPAIGN_COUNT = 9
CHUNK = 50_000

DAYS = [(date(2021, 7, 1) + timedelta(offset)).isoformat() for offset in range(31)]
TIMES = [
    f"{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"
    for second in range(24 * 3_600)
]
FIRST_CONVERSION_DAY = 14
DAY_WEIGHTS = (10, 8, 7, 14, 8, 8, 8, 8, 7, 7, 9, 12, 10, 10, 9, 23, 13)
MARKET_WEIGHTS = {
    "GB": 5_800,
    "NL": 4_500,
    "DE": 3_700,
    "FR": 1_600,
    "BE": 600,
    "AT": 500,
    "DK": 130,
    **dict.fromkeys(("IE", "IT", "SE", "ES"), 20),
    **dict.fromkeys(("LU", "GR", "HU", "PT", "FI", "LT", "CZ", "EE"), 12),
    **dict.fromkeys(("CY", "LV", "SK", "PL", "SI", "BG", "HR", "MT", "EU"), 5),
}
MARKET_BY_USER = Random(0).choices(
    tuple(MARKET_WEIGHTS), tuple(MARKET_WEIGHTS.values()), k=99_991
)
KRONE_MARKET = "DK"
USER_COUNT = 900_000
HEAVY_USER_ORDERS = (180, 70, 65, 25)
CAMPAIGNS = [
    (
        f"{ADWORDS_CHANNELS[number % 3]} {number:03}",
        f"{10_000_000_000 + number * 7_919_317}",
        ADWORDS_CHANNELS[number % 3],
    )
    for number in range(CAMPAIGN_COUNT)
]

TABLES = {
    "session_sources": (
        "session_id TEXT, user_id TEXT, event_date TEXT, event_time TEXT,"
        " channel_name TEXT, campaign_name TEXT, campaign_id TEXT, market TEXT,"
        " cpc REAL"
    ),
    "conversions": (
        "conv_id TEXT, user_id TEXT, conv_date TEXT, market TEXT, revenue REAL"
    ),
    "conversions_backend": (
        "conv_id TEXT, user_id TEXT, conv_date TEXT, market TEXT, revenue REAL"
    ),
    "api_adwords_costs": (
        "event_date TEXT, campaign_id TEXT, cost REAL, clicks INTEGER"
    ),
    "attribution_customer_journey": "conv_id TEXT, session_id TEXT, ihc REAL",
}

Values = tuple[str | float | None, ...]
Spend = dict[tuple[str, str], list[int]]


@dataclass(frozen=True)
class Order:
    """A conversion before either side has written it down."""

    number: int
    user: int
    day: int
    cents: int

    def row(self, *, user: int | None = None, cents: int | None = None) -> Values:
        """Write the conversion down, for another user or amount where that is said."""
        return (
            f"conv_id_{self.number}",
            f"user_id_{self.user if user is None else user}",
            DAYS[self.day],
            market_of(self.user),
            (self.cents if cents is None else cents) / 100,
        )


def market_of(user: int) -> str:
    """Give the market that a user always comes from."""
    return MARKET_BY_USER[user % len(MARKET_BY_USER)]


def drawn_orders(rng: Random) -> list[Order]:
    """Draw all conversions of both sides; four users have many."""
    count = TRACKED_COUNT - TRACKED_TWICE_COUNT + ONLY_BOOKED_COUNT
    heavy_users = rng.sample(range(1, USER_COUNT), len(HEAVY_USER_ORDERS))
    users = rng.sample(heavy_users, sum(HEAVY_USER_ORDERS), counts=HEAVY_USER_ORDERS)
    users += rng.choices(range(1, USER_COUNT), k=count - len(users))
    rng.shuffle(users)
    last_day = FIRST_CONVERSION_DAY + len(DAY_WEIGHTS)
    days = rng.choices(range(FIRST_CONVERSION_DAY, last_day), DAY_WEIGHTS, k=count)
    numbers = rng.sample(range(1, count + 1), count)
    return [
        Order(number, user, day, drawn_cents(rng, user))
        for number, user, day in zip(numbers, users, days, strict=True)
    ]


def drawn_cents(rng: Random, user: int) -> int:
    """Draw a revenue; one in a hundred is free, Denmark pays in its own currency."""
    if rng.random() < 0.01:
        return 0
    rate = 10 if market_of(user) == KRONE_MARKET else 1
    return round(3_800 * rate * rng.lognormvariate(0, 0.8))


def tracked_rows(rng: Random, orders: list[Order]) -> list[Values]:
    """Track all but the last orders, a few twice under another user."""
    tracked = orders[: TRACKED_COUNT - TRACKED_TWICE_COUNT]
    again = rng.sample(tracked, TRACKED_TWICE_COUNT)
    rows = [order.row() for order in tracked]
    rows += [order.row(user=order.user % USER_COUNT + 1) for order in again]
    rng.shuffle(rows)
    return rows


def booked_rows(rng: Random, orders: list[Order]) -> list[Values]:
    """Book all but the first orders, a few at another amount."""
    booked = orders[ONLY_TRACKED_COUNT:]
    rows = [order.row() for order in booked]
    for place in rng.sample(range(len(rows)), OTHER_REVENUE_COUNT):
        cents = booked[place].cents + rng.choice((-495, 1, 495, 1_000))
        rows[place] = booked[place].row(cents=max(cents, 0))
    rng.shuffle(rows)
    return rows


def drawn_lengths(rng: Random) -> list[int]:
    """Draw journey lengths that add up; most are 1 or 2."""
    lengths = [1 + int(rng.expovariate(0.37)) for _ in range(JOURNEY_COUNT)]
    surplus = sum(lengths) - TOUCH_COUNT
    while surplus:
        place = rng.randrange(JOURNEY_COUNT)
        step = -1 if surplus > 0 else 1
        if lengths[place] + step >= 1:
            lengths[place] += step
            surplus += step
    return lengths


def drawn_weights(rng: Random, touch_count: int) -> list[float]:
    """Draw weights that sum to 1, or in one journey of a hundred to 0, 0.9 or 2."""
    total = rng.choice((0, 0.9, 2)) if rng.random() < 0.01 else 1
    raw = [rng.random() + 0.01 for _ in range(touch_count)]
    return [total * weight / sum(raw) for weight in raw]


def touches(
    rng: Random, orders: list[Order]
) -> tuple[list[Values], list[tuple[int, int]]]:
    """Give journey rows, and user and day of their sessions, numbered from 1."""
    tracked = orders[: TRACKED_COUNT - TRACKED_TWICE_COUNT]
    rows: list[Values] = []
    visits: list[tuple[int, int]] = []
    for order, length in zip(
        rng.sample(tracked, JOURNEY_COUNT), drawn_lengths(rng), strict=True
    ):
        for weight in drawn_weights(rng, length):
            visits.append((order.user, rng.randint(max(order.day - 14, 0), order.day)))
            rows.append(
                (f"conv_id_{order.number}", f"session_id_{len(visits)}", weight)
            )
    return rows, visits


def all_visits(
    rng: Random, journey_visits: list[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yield user and day of every session, those of journeys first."""
    yield from journey_visits
    left = SESSION_COUNT - len(journey_visits)
    while left:
        count = min(left, CHUNK)
        users = rng.choices(range(1, USER_COUNT), k=count)
        yield from zip(users, rng.choices(range(len(DAYS)), k=count), strict=True)
        left -= count


def campaigns_by_channel() -> dict[str, list[tuple[str, str]]]:
    """Group name and id of the campaigns that have sessions."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, campaign_id, channel in CAMPAIGNS[UNTRACKED_CAMPAIGN_COUNT:]:
        groups[channel].append((name, campaign_id))
    return groups


def session_rows(
    rng: Random, visits: Iterable[tuple[int, int]], spend: Spend
) -> Iterator[Values]:
    """Yield the sessions; add micros and clicks of campaign-days up in `spend`."""
    campaigns = campaigns_by_channel()
    channels = tuple(CHANNEL_WEIGHTS)
    weights = tuple(accumulate(CHANNEL_WEIGHTS.values()))
    for number, (user, day_number) in enumerate(visits, start=1):
        channel = rng.choices(channels, cum_weights=weights)[0]
        day = DAYS[day_number]
        name: str | None = None
        campaign_id: str | None = None
        cpc: float | None = None
        if channel in campaigns:
            group = campaigns[channel]
            name, campaign_id = group[int(rng.random() * len(group))]
            micros = 90_000 + int(rng.random() * 1_300_000)
            cpc = micros / 1_000_000
            campaign_day = spend[day, campaign_id]
            campaign_day[0] += micros
            campaign_day[1] += 1
        elif channel in OTHER_PAID_CHANNELS:
            cpc = round(0.05 + rng.random(), 4)
        yield (
            f"session_id_{number}",
            f"user_id_{user}",
            day,
            TIMES[int(rng.random() * len(TIMES))],
            channel,
            name,
            campaign_id,
            market_of(user),
            cpc,
        )


def cost_rows(rng: Random, spend: Spend) -> list[Values]:
    """Bill most campaign-days: what their sessions cost, a few something else."""
    campaign_days = [
        (day, campaign_id) for day in DAYS for _, campaign_id, _ in CAMPAIGNS
    ]
    rows: list[Values] = []
    for day, campaign_id in rng.sample(campaign_days, COST_COUNT):
        micros, clicks = spend.get(
            (day, campaign_id), [rng.randint(1_000_000, 90_000_000), 40]
        )
        if rng.random() < 0.03:
            micros += 2_500_000
        rows.append((day, campaign_id, micros / 1_000_000, clicks))
    return rows


def insert(connection: sqlite3.Connection, table: str, rows: Iterable[Values]) -> None:
    """Create a table and fill it."""
    connection.execute(f"create table {table} ({TABLES[table]})")
    places = ", ".join("?" * (TABLES[table].count(",") + 1))
    connection.executemany(f"insert into {table} values ({places})", rows)


def write_full_scale(path: Path, rng: Random) -> None:
    """Write the five tables in one transaction, over whatever stands at the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    orders = drawn_orders(rng)
    journey_rows, journey_visits = touches(rng, orders)
    spend: Spend = defaultdict(lambda: [0, 0])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma synchronous = off")
        connection.execute("begin")
        visits = all_visits(rng, journey_visits)
        insert(connection, "session_sources", session_rows(rng, visits, spend))
        insert(connection, "conversions", tracked_rows(rng, orders))
        insert(connection, "conversions_backend", booked_rows(rng, orders))
        insert(connection, "api_adwords_costs", cost_rows(rng, spend))
        insert(connection, "attribution_customer_journey", journey_rows)
