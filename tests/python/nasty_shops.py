"""Shops whose raw rows are sound, and as awkward as the input contract allows.

A seed makes one. Values are few and drawn again and again, so that instants, ids and
amounts meet: sessions at the very moment of an order and of the lookback's edge, orders
tracked under several users and days, missing on either side or booked late, journeys
with unknown and later sessions, bills without sessions, listings sold before they were
begun, days of 23 and of 25 hours, amounts in other currencies.
"""

from __future__ import annotations

import csv
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from reference.attribution import OwnRule
from reference.days import in_utc
from reference.facts import Property, Rates
from reference.journeys import LOOKBACK
from reference.reading import Row, instant
from reference.shop import Shop
from support import write_rows

# 100 days that end in a running month, of winter and of autumn: clocks change in both
BEGINNINGS = [date(2024, 1, 1), date(2023, 8, 20)]
DAYS = 100
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]
CLOCK = ["00:00:00", "02:30:00", "09:00:00", "23:59:59.999999", "21:15:07.25"]
USERS = [*(f"u{number}" for number in range(14)), "", ""]
MARKETS = ["DE", "GB", ""]
DEVICES = ["phone", "desktop", "(all)", "(unknown)", ""]
CHANNELS = [
    "Direct Traffic",
    "(none)",
    "fb & ig ads",
    "FB & IG Ads",
    "Mail",
    "Blogs, später",
    "(all)",
    "(unknown)",
    "",
]
CURRENCIES = ["", "", "", "EUR", "USD", "CHF"]
REVENUES = ["0", "0.01", "10.00", "33.33", "99.99", "120.5", "7"]

# the user's own rules, as var attribution_models has them, and as they are defined
OWN_MODELS = [
    {"name": "ends", "first": 0.6, "middle": 0, "last": 0.4},
    {
        "name": "fading",
        "first": 0.5,
        "middle": 0.2,
        "last": 0.3,
        "half_life_days": 14,
        "exclude_direct": True,
    },
]
OWN_RULES = {
    "ends": OwnRule(Fraction(3, 5), Fraction(0), Fraction(2, 5)),
    "fading": OwnRule(
        Fraction(1, 2), Fraction(1, 5), Fraction(3, 10), 14, exclude_direct=True
    ),
}


def rates() -> Rates:
    """Publish rates every third day, with a gap that no rate bridges in November."""
    days = [BEGINNINGS[1] + timedelta(days=3 * number) for number in range(80)]
    return {
        currency: {
            day: (base + Decimal(number % 7) / 1000)
            for number, day in enumerate(days)
            if not date(2023, 11, 1) <= day <= date(2023, 11, 20)
        }
        for currency, base in (("USD", Decimal("0.91")), ("CHF", Decimal("1.0371")))
    }


def known_channels(mapping: Path) -> dict[str, tuple[str, bool]]:
    """Read what seed channel_mapping says to all properties."""
    with mapping.open(newline="", encoding="utf-8") as file:
        return {
            row["source_channel"]: (row["channel"], row["is_direct"] == "true")
            for row in csv.DictReader(file)
            if row["property"] == "*"
        }


class Maker:
    """Draws the tables of one shop.

    Attributes:
        draw: where its chances come from; the same seed gives the same shop.
        about: the property.
    """

    def __init__(self, seed: int, channels: dict[str, tuple[str, bool]]) -> None:
        """Begin a shop: decide what it is and has."""
        self.draw = random.Random(seed)
        draw = self.draw
        self.first = draw.choice(BEGINNINGS)
        self.about = Property(
            name=f"nasty_{seed}",
            time_zone=draw.choice(ZONES),
            currency=draw.choice(["EUR", "EUR", "CHF"]),
            gross_margin=draw.choice([Decimal(1), Decimal("0.6"), Decimal("0.333333")]),
            rates=rates(),
            channels=channels,
        )
        self.has_foreign = draw.random() < 0.5
        self.has_prices = draw.random() < 0.7
        self.says_channels = draw.random() < 0.9
        self.has_times = draw.random() < 0.7
        # what one side of a third of the shops never names
        self.unnamed = {
            1: ("conversions", "market"),
            3: ("backend_conversions", "market"),
            4: ("conversions", "user_id"),
            9: ("backend_conversions", "user_id"),
        }.get(seed % 12)
        # until when there are visits and orders: a month's end, or the days after it
        ends = [DAYS - 1, DAYS - 1, self.days_to_month_end()]
        self.last_visit, self.last_order = draw.choice(ends), draw.choice(ends)

    def days_to_month_end(self) -> int:
        """Count the days to the last day of the last month that ends."""
        last = self.first + timedelta(days=DAYS - 1)
        return (last.replace(day=1) - timedelta(days=1) - self.first).days

    def maybe(self, chance: float) -> bool:
        """Draw with a chance."""
        return self.draw.random() < chance

    def day(self, last: int = DAYS - 1, first: int = 0) -> date:
        """Draw a day."""
        return self.first + timedelta(days=self.draw.randint(first, last))

    def time(self, day: date) -> str:
        """Draw a time of a day, written in one of the ways of ISO 8601."""
        clock = self.draw.choice(CLOCK)
        local = datetime.fromisoformat(f"{day} {clock}")
        kind = self.draw.random()
        if kind < 0.8:
            return f"{day} {clock}"
        if kind < 0.9:
            return f"{in_utc(local, self.about.time_zone).isoformat()}Z"
        return self.with_offset(in_utc(local, self.about.time_zone))

    def with_offset(self, moment: datetime) -> str:
        """Write a moment in UTC on the shop's clock, with its offset."""
        there = ZoneInfo(self.about.time_zone)
        return moment.replace(tzinfo=UTC).astimezone(there).isoformat()

    def currency(self) -> str:
        """Draw a currency, mostly none."""
        return self.draw.choice(CURRENCIES) if self.has_foreign else ""

    # --- tables -----------------------------------------------------------------------

    def sessions(self) -> list[Row]:
        """Draw sessions; some repeat."""
        rows = [self.session(number, self.day(self.last_visit)) for number in range(90)]
        # the first and the last day have one for sure
        rows += [self.session(90, self.day(0)), self.session(91, self.day(0))]
        rows.append(self.session(92, self.day(self.last_visit, self.last_visit)))
        return rows + self.draw.sample(rows, 3)

    def session(self, number: int, day: date) -> Row:
        """Draw a session."""
        draw = self.draw
        start = self.time(day)
        return {
            "session_id": f"s{number}",
            "user_id": draw.choice(USERS),
            "started_at": start,
            "ended_at": draw.choice(["", start, self.time(day)]),
            "channel": draw.choice(CHANNELS) if self.says_channels else "",
            "campaign_id": draw.choice(["", "", "c1", "c2", "c3", "unbilled"]),
            "market": draw.choice(MARKETS),
            "device": draw.choice(DEVICES),
            "has_consent": draw.choice(["", "", "true", "false"]),
            "is_bounce": draw.choice(["", "true", "false"]),
            "session_cost": draw.choice(["", "0", "0.5", "0.123457"])
            if self.has_prices
            else "",
            "currency": self.currency(),
        }

    def order_rows(self, sessions: list[Row]) -> tuple[list[Row], list[Row]]:
        """Draw orders as tracker and books say them; returns both."""
        tracked: list[Row] = []
        booked: list[Row] = []
        # the books end before the tracker does, or after it
        last_booked = self.last_order - self.draw.choice([0, 0, 4, 12])
        for number in range(60):
            day = self.last_order if number == 0 else self.draw.randint(5, DAYS - 1)
            if day > self.last_order:
                continue
            row = self.order(f"k{number}", self.day(day, day), sessions)
            kind = self.draw.random()
            if kind < 0.9:
                tracked += self.tracked_copies(row)
            if (kind < 0.8 or kind >= 0.9) and day <= last_booked:
                booked += self.booked_copies(row)
        return tracked, booked

    def order(self, key: str, day: date, sessions: list[Row]) -> Row:
        """Draw an order; some are at the moment of a session, or 90 days after one."""
        draw = self.draw
        row = {
            "conversion_id": key,
            "user_id": draw.choice(USERS),
            "converted_at": self.time(day) if self.has_times else str(day),
            "revenue": draw.choice(REVENUES),
            "currency": self.currency(),
            "market": draw.choice(MARKETS),
            "cancelled_at": "",
        }
        visit = draw.choice(sessions)
        if self.has_times and self.maybe(0.25):
            row |= {"user_id": visit["user_id"], "converted_at": visit["started_at"]}
        elif self.has_times and self.maybe(0.1):
            row |= self.at_the_edge(sessions)
        if self.maybe(0.1):
            row["cancelled_at"] = draw.choice([self.time(day), str(self.day())])
        return row

    def at_the_edge(self, sessions: list[Row]) -> Row:
        """Draw a moment 90 days after a session, or a microsecond less."""
        zone = self.about.time_zone
        last = datetime.combine(self.first, time.min) + timedelta(self.last_order)
        edges = [
            (visit["user_id"], edge)
            for visit in sessions
            if (edge := instant(visit, "started_at", zone) + LOOKBACK) < last
        ]
        if not edges:
            return {}
        user, edge = self.draw.choice(edges)
        edge -= self.draw.choice([timedelta(0), timedelta(microseconds=1)])
        return {"user_id": user, "converted_at": self.with_offset(edge)}

    def tracked_copies(self, row: Row) -> list[Row]:
        """Track an order, at times twice or thrice, and differently."""
        draw, rows = self.draw, [dict(row)]
        while self.maybe(0.15):
            copy = dict(row)
            if self.maybe(0.6):
                copy["user_id"] = draw.choice(USERS)
            if self.maybe(0.5):
                copy["converted_at"] = self.near(row["converted_at"])
            if self.maybe(0.3):
                copy["revenue"] = draw.choice(REVENUES)
            rows.append(copy)
        if self.maybe(0.2):
            rows.pop(0) if len(rows) > 1 else None
        if self.maybe(0.1):
            rows[0] = rows[0] | {"revenue": draw.choice(["0", ""])}
        return rows

    def booked_copies(self, row: Row) -> list[Row]:
        """Book an order, a part of them differently from the tracker."""
        draw, booked = self.draw, dict(row)
        if self.maybe(0.15):
            booked["revenue"] = draw.choice(REVENUES)
        if self.maybe(0.15):
            booked["converted_at"] = self.near(row["converted_at"])
        if self.maybe(0.3):
            booked["converted_at"] = booked["converted_at"][:10]
        if self.maybe(0.15):
            booked["user_id"] = draw.choice(USERS)
        if self.maybe(0.15):
            booked["market"] = draw.choice(MARKETS)
        if self.maybe(0.1):
            booked["cancelled_at"] = str(self.day())
        rows = [booked]
        if self.maybe(0.08):
            other = {"user_id": draw.choice(USERS), "revenue": draw.choice(REVENUES)}
            rows.append(booked | other)
        return rows

    def near(self, when: str) -> str:
        """Draw a day or time near another."""
        day = date.fromisoformat(when[:10])
        day += timedelta(days=self.draw.choice([-3, -1, 0, 0, 1]))
        return self.time(day) if self.has_times else str(day)

    def touches(self, orders: list[Row], sessions: list[Row]) -> list[Row]:
        """Draw provided journeys, some of unknown orders and sessions."""
        draw = self.draw
        rows = []
        for key in sorted({row["conversion_id"] for row in orders} | {"unknown"}):
            if self.maybe(0.25):
                continue
            is_weightless = self.maybe(0.15)
            for visit in draw.sample(sessions, draw.randint(1, 5)):
                known = visit["session_id"] if self.maybe(0.95) else "unknown"
                rows.append(
                    {
                        "conversion_id": key,
                        "session_id": known,
                        "weight": "0"
                        if is_weightless
                        else draw.choice(["0.5", "0.333333", "0.1", "0", "", "1"]),
                    }
                )
        # a session twice in a journey is one touch; rows that repeat it are alike
        unique = {(row["conversion_id"], row["session_id"]): row for row in rows}
        return [*unique.values(), *draw.sample(list(unique.values()), 2)]

    def ad_costs(self) -> list[Row]:
        """Draw bills, some in two rows for a campaign's day."""
        draw = self.draw
        rows = []
        for campaign in ("c1", "c2", "c3", "nobody came"):
            for number in range(DAYS):
                while self.maybe(0.4):
                    rows.append(
                        {
                            "campaign_id": campaign,
                            "cost_date": str(self.day(number, number)),
                            "cost": draw.choice(
                                ["0", "0.505", "0.505001", "0.5", "12.345678", "30"]
                            ),
                            "clicks": draw.choice(["", "0", "1", "7"]),
                            "currency": self.currency(),
                        }
                    )
        return rows

    def refunds(self, orders: list[Row]) -> list[Row]:
        """Draw refunds, more than fit; those without an id at a day of their own."""
        draw = self.draw
        rows = []
        for number in range(35):
            order = draw.choice(orders)
            is_named = self.maybe(0.8)
            rows.append(
                {
                    "refund_id": f"r{number}" if is_named else "",
                    "conversion_id": order["conversion_id"]
                    if self.maybe(0.95)
                    else "unknown",
                    "refunded_at": draw.choice([self.time(self.day()), str(self.day())])
                    if is_named
                    else f"{self.day()} 11:{number:02d}:00",
                    "amount": draw.choice(["5", "10.00", "33.33", "0.01", "3.5"]),
                    "kind": draw.choice(["refund", "return"]),
                    "currency": draw.choice([order["currency"], self.currency()]),
                }
            )
        return rows + draw.sample(rows, 2)

    def listings(self) -> list[Row]:
        """Draw listings; steps are missing and out of order."""
        draw = self.draw
        has_brands = self.maybe(0.7)
        rows = [
            {
                "listing_id": f"l{number}",
                "created_at": self.time(self.day()),
                "completed_at": draw.choice(["", self.time(self.day())]),
                "sold_at": draw.choice(["", "", self.time(self.day())]),
                "brand": draw.choice(["Acme", "Bolt", ""]) if has_brands else "",
                "category": draw.choice(["Shoes", "Hats", "Shoes", ""]),
            }
            for number in range(30)
        ]
        return rows + draw.sample(rows, 1)

    def listing_events(self) -> list[Row]:
        """Draw clicks, some on no listing; identical ones are as many clicks."""
        rows = [
            {
                "listing_id": f"l{self.draw.randrange(36)}",
                "event_at": self.time(self.day()),
                "user_id": self.draw.choice(USERS),
                "action": "view",
            }
            for _ in range(60)
        ]
        return rows + self.draw.sample(rows, 5)

    def tables(self) -> dict[str, list[Row]]:
        """Draw all tables, and which of them the shop has."""
        sessions = self.sessions()
        tracked, booked = self.order_rows(sessions)
        orders = [*tracked, *booked]
        made = {
            "sessions": sessions,
            "conversions": tracked,
            "backend_conversions": booked,
            "journeys": self.touches(orders, sessions),
            "ad_costs": self.ad_costs(),
            "refunds": self.refunds(orders),
            "listings": self.listings(),
            "listing_events": self.listing_events(),
        }
        for name, chance in (
            ("journeys", 0.4),
            ("ad_costs", 0.8),
            ("refunds", 0.7),
            ("listings", 0.7),
            ("listing_events", 0.7),
        ):
            if not self.maybe(chance):
                del made[name]
        kind = self.draw.random()
        if kind < 0.3:
            del made["backend_conversions"]
        elif kind < 0.4:
            del made["conversions"]
        if self.unnamed and self.unnamed[0] in made:
            name, part = self.unnamed
            made[name] = [row | {part: ""} for row in made[name]]
        for rows in made.values():
            self.draw.shuffle(rows)
        return made


def made_shop(seed: int, channels: dict[str, tuple[str, bool]]) -> Shop:
    """Make a shop."""
    maker = Maker(seed, channels)
    return Shop(maker.about, maker.tables(), OWN_RULES)


def written_shop(shop: Shop, folder: Path) -> Path:
    """Write a shop's tables as CSV files; returns the folder."""
    for name, rows in shop.tables.items():
        write_rows(folder / f"{name}.csv", rows)
    return folder
