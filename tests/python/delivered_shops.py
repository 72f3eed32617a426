"""Small shops whose raw rows are delivered day by day, as badly as they may be.

A shop is tables of raw rows and a history of deliveries. A delivery brings new rows,
some of them late, repeats old ones, corrects some, moves some to another user and takes
some back; rows come in any order. The rows are few values drawn again and again, so
that ids are shared between users, days and tables.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from support import write_rows

Row = dict[str, str]
Make = Callable[[random.Random, int], Row]

CHANNELS = ["Direct Traffic", "Mail", "Ads", "", "Blog"]
USERS = [*(f"u{number}" for number in range(40)), "u-staff", "", "", "", ""]
MARKETS = ["DE", "GB", ""]
# how many ids there are of sessions, conversions, refunds and listings
IDS = {"s": 250, "k": 60, "r": 60, "l": 60}
BOT = "Googlebot/2.1 (+http://www.google.com/bot.html)"
AGENTS = ["Mozilla/5.0 (X11; Linux x86_64)", "", "", BOT]
# days of deliveries; the exchange rates of the seed begin two days before
MONTH = "2024-10"
LAST_DAY = 28


def day_of(draw: random.Random, day: int) -> str:
    """Draw a day: mostly that of the delivery, at times an earlier one, rarely none."""
    if draw.random() < 0.03:
        return draw.choice(["", "2024-02-30", "soon"])
    late = draw.choice([0, 0, 0, 1, 2, 5, 20])
    return f"{MONTH}-{max(1, day - late):02d}"


def time_of(draw: random.Random) -> str:
    """Draw one of a few times of day, so that instants are shared."""
    return f"{draw.randrange(8, 23, 3):02d}:{draw.choice([0, 0, 30]):02d}:00"


def some_id(draw: random.Random, letter: str) -> str:
    """Draw an id that other rows are likely to have, too."""
    return f"{letter}{draw.randrange(IDS[letter])}" if draw.random() > 0.02 else ""


def money(draw: random.Random) -> str:
    """Draw an amount, rarely one that is none."""
    return draw.choice(["10.00", "0.05", "33.33", "0", "7.77", "x"])


def company_x_session(draw: random.Random, day: int) -> Row:
    """Draw a row of session_sources."""
    return {
        "session_id": some_id(draw, "s"),
        "user_id": draw.choice(USERS),
        "event_date": day_of(draw, day),
        "event_time": time_of(draw),
        "channel_name": draw.choice(CHANNELS),
        "campaign_id": draw.choice(["c1", "c2", ""]),
        "market": draw.choice(MARKETS),
        "cpc": draw.choice(["0.25", "", "1.1"]),
    }


def company_x_conversion(draw: random.Random, day: int) -> Row:
    """Draw a row of conversions."""
    return {
        "conv_id": some_id(draw, "k"),
        "user_id": draw.choice(USERS),
        "conv_date": day_of(draw, day),
        "conv_time": time_of(draw),
        "market": draw.choice(MARKETS),
        "revenue": money(draw),
    }


def company_x_booking(draw: random.Random, day: int) -> Row:
    """Draw a row of conversions_backend."""
    row = company_x_conversion(draw, day)
    del row["conv_time"]
    return row


def company_x_journey(draw: random.Random, day: int) -> Row:
    """Draw a row of attribution_customer_journey."""
    return {
        "conv_id": some_id(draw, "k"),
        "session_id": some_id(draw, "s"),
        "ihc": draw.choice(["0.5", "0.25", "0", "1"]),
    }


def session_cost(draw: random.Random, day: int) -> Row:
    """Draw a row of session_costs."""
    return {"session_id": some_id(draw, "s"), "cost": draw.choice(["0.1", "2", "x"])}


def ad_cost(draw: random.Random, day: int) -> Row:
    """Draw a row of api_adwords_costs."""
    return {
        "event_date": day_of(draw, day),
        "campaign_id": draw.choice(["c1", "c2"]),
        "cost": draw.choice(["3.5", "0.01"]),
        "clicks": draw.choice(["1", "7"]),
    }


def contract_session(draw: random.Random, day: int) -> Row:
    """Draw a row of the contract's sessions."""
    return {
        "session_id": some_id(draw, "s"),
        "user_id": draw.choice(USERS),
        "started_at": f"{day_of(draw, day)} {time_of(draw)}",
        "channel": draw.choice(CHANNELS),
        "campaign_id": draw.choice(["c1", ""]),
        "market": draw.choice(MARKETS),
        "device": draw.choice(["phone", "desktop", ""]),
        "user_agent": draw.choice(AGENTS),
        "has_consent": draw.choice(["", "true", "true", "false"]),
        "session_cost": draw.choice(["", "0.5", "2"]),
        "currency": draw.choice(["EUR", "XTS", "XXX", ""]),
    }


def contract_conversion(draw: random.Random, day: int) -> Row:
    """Draw a row of the contract's conversions, on either side."""
    return {
        "conversion_id": some_id(draw, "k"),
        "user_id": draw.choice(USERS),
        "converted_at": f"{day_of(draw, day)} {time_of(draw)}",
        "revenue": money(draw),
        "currency": draw.choice(["EUR", "XTS", "XXX", ""]),
        "market": draw.choice(MARKETS),
        "cancelled_at": draw.choice(["", "", "", f"{MONTH}-25 12:00:00"]),
    }


def contract_journey(draw: random.Random, day: int) -> Row:
    """Draw a row of the contract's journeys."""
    row = company_x_journey(draw, day)
    return {
        "conversion_id": row["conv_id"],
        "session_id": row["session_id"],
        "weight": row["ihc"],
    }


def refund(draw: random.Random, day: int) -> Row:
    """Draw a row of refunds."""
    return {
        "conversion_id": some_id(draw, "k"),
        "refunded_at": f"{day_of(draw, day)} {time_of(draw)}",
        "amount": draw.choice(["1.00", "0.05", "50"]),
        "refund_id": some_id(draw, "r"),
        "currency": draw.choice(["EUR", ""]),
    }


def page_view(draw: random.Random, day: int) -> Row:
    """Draw a row of page_views."""
    return {
        "visitor_id": draw.choice(["v1", "v2", "v3"]),
        "user_id": draw.choice(["u1", "u2", "", ""]),
        "viewed_at": f"{day_of(draw, day)} {time_of(draw)}",
        "page_url": draw.choice(["https://a.test/", "https://a.test/?utm_source=x"]),
        "referrer": draw.choice(["", "https://www.google.com/"]),
        "user_agent": draw.choice(AGENTS),
    }


def listing(draw: random.Random, day: int) -> Row:
    """Draw a row of listings."""
    return {
        "listing_id": some_id(draw, "l"),
        "seller_id": draw.choice(["a", "b"]),
        "created_at": f"{day_of(draw, day)} {time_of(draw)}",
        "brand": draw.choice(["Acme", ""]),
        "price": money(draw),
    }


def listing_event(draw: random.Random, day: int) -> Row:
    """Draw a row of listing_events."""
    return {
        "listing_id": some_id(draw, "l"),
        "event_at": f"{day_of(draw, day)} {time_of(draw)}",
        "user_id": draw.choice(USERS),
        "action": draw.choice(["view", "like"]),
    }


def vestiaire_listing(draw: random.Random, day: int) -> Row:
    """Draw a row of Vestiaire's listings."""
    return {
        "id": some_id(draw, "l"),
        "id_customer": draw.choice(["a", "b"]),
        "date_created": f"{day_of(draw, day)} {time_of(draw)}",
    }


def vestiaire_click(draw: random.Random, day: int) -> Row:
    """Draw a row of Vestiaire's clicks."""
    return {
        "datetime_session": f"{day_of(draw, day)} {time_of(draw)}",
        "id_user": draw.choice(USERS),
        "id_product": some_id(draw, "l"),
        "event_category": "product",
        "event_action": draw.choice(["view", "like"]),
        "event_label": draw.choice(["", "x"]),
    }


# rows of each table that a day brings; those in brackets not in every shop
TABLES: dict[str, dict[str, tuple[Make, int]]] = {
    "company_x": {
        "session_sources": (company_x_session, 12),
        "conversions": (company_x_conversion, 4),
        "conversions_backend": (company_x_booking, 3),
        "attribution_customer_journey": (company_x_journey, 4),
        "session_costs": (session_cost, 4),
        "api_adwords_costs": (ad_cost, 2),
    },
    "contract": {
        "sessions": (contract_session, 12),
        "conversions": (contract_conversion, 4),
        "backend_conversions": (contract_conversion, 3),
        "journeys": (contract_journey, 4),
        "refunds": (refund, 2),
        "page_views": (page_view, 8),
        "listings": (listing, 3),
        "listing_events": (listing_event, 6),
    },
    "vestiaire": {
        "listings": (vestiaire_listing, 3),
        "clicks": (vestiaire_click, 12),
    },
}
ALWAYS = {
    "session_sources",
    "sessions",
    "page_views",
    "conversions",
    "listings",
    "clicks",
}


@dataclass
class Shop:
    """A shop, the rows delivered so far, and what is to come.

    Attributes:
        layout: the layout of its tables.
        draw: where its chances come from; the same seed gives the same history.
        tables: the rows of each table as they lie there now.
    """

    layout: str
    draw: random.Random
    tables: dict[str, list[Row]] = field(default_factory=dict)
    day: int = 1

    @classmethod
    def of(cls, seed: int, layout: str) -> Shop:
        """Begin a shop, with a choice of tables."""
        draw = random.Random(seed)
        # who came is told by sessions or by page views, not by both
        left_out = draw.choice(["page_views", "page_views", "sessions"])
        names = [
            name
            for name in TABLES[layout]
            if (name in ALWAYS or draw.random() < 0.5) and name != left_out
        ]
        return cls(layout, draw, {name: [] for name in names})

    def deliver(self, days: int) -> None:
        """Bring so many days, and meddle with what has come before."""
        for _ in range(days):
            for name, rows in self.tables.items():
                make, count = TABLES[self.layout][name]
                rows += [make(self.draw, self.day) for _ in range(count)]
            self.day = min(self.day + 1, LAST_DAY)
        for name, rows in self.tables.items():
            self.meddle(name, rows)

    def meddle(self, name: str, rows: list[Row]) -> None:
        """Repeat, correct, exchange and take back some rows, and shuffle all."""
        draw, make = self.draw, TABLES[self.layout][name][0]
        for _ in range(draw.randrange(4)):
            what = draw.choice(["repeat", "correct", "swap", "remove", "nothing"])
            if not rows:
                break
            row = draw.choice(rows)
            if what == "repeat":
                rows.append(dict(row))
            elif what == "correct":
                column = draw.choice(list(row))
                row[column] = make(draw, self.day)[column]
            elif what == "swap":
                other, column = draw.choice(rows), draw.choice(list(row))
                row[column], other[column] = other[column], row[column]
            elif what == "remove":
                rows.remove(row)
        draw.shuffle(rows)

    def write(self, folder: Path) -> None:
        """Write the tables as CSV files."""
        for name, rows in self.tables.items():
            columns = list(TABLES[self.layout][name][0](random.Random(0), 1))
            write_rows(folder / f"{name}.csv", rows, columns)
