"""A year of Afisha's ticket shop: visits, orders and what each source cost.

Cohorts differ (the first ones come back oftener, those of winter spend more), the year
has its seasons, some users buy at once and some weeks later. The same shop opens small,
with every defect planted and listed, and at its real size, with none listed.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from sample.buyers import list_buyers
from sample.raw import Row, Sample, write_csv
from sample.verify import gaps, spikes

# names as the files spell them, in the order of the files
HEADERS: dict[str, dict[str, str]] = {
    "visits": {
        "Uid": "uid",
        "Device": "device",
        "Start Ts": "start_ts",
        "End Ts": "end_ts",
        "Source Id": "source_id",
    },
    "orders": {"Buy Ts": "buy_ts", "Revenue": "revenue", "Uid": "uid"},
    "costs": {"source_id": "source_id", "dt": "dt", "costs": "costs"},
}

FIRST_DAY = date(2017, 6, 1)
LAST_DAY = date(2018, 5, 31)
DAYS = [FIRST_DAY + timedelta(offset) for offset in range(365)]
BUSY_DAY = date(2017, 11, 24)
SILENT_VISIT_DAY = date(2018, 3, 31)
SILENT_ORDER_DAYS = (date(2017, 8, 9), date(2018, 3, 30))
SILENT_COST_DAY = date(2018, 1, 17)

NEW_USERS_PER_DAY = 4.5
BUSY_FACTOR = 5
SEASON = {
    6: 0.85, 7: 0.8, 8: 0.75, 9: 0.9, 10: 1.25, 11: 1.35,
    12: 1.3, 1: 1.05, 2: 1.1, 3: 1.05, 4: 0.8, 5: 0.85,
}  # fmt: skip
# how likely a user of the cohort comes once more, and what an order of it is worth
RETURN_RATE = {6: 0.56, 7: 0.47, 8: 0.45, 9: 0.5} | dict.fromkeys((10, 11, 12), 0.43)
ORDER_VALUE = {6: 1.2, 9: 1.3, 12: 1.5}
DAYS_BETWEEN_VISITS = 24

# source: its part of the visits, how many of its users buy, and the price of a visit
SOURCES: dict[str, tuple[float, float, str]] = {
    "1": (0.09, 0.55, "1.15"),
    "2": (0.12, 0.45, "1.60"),
    "3": (0.23, 0.25, "1.75"),
    "4": (0.26, 0.28, "0.62"),
    "5": (0.16, 0.33, "0.80"),
    "6": (0.02, 0.25, "0"),
    "7": (0.02, 0.2, "0"),
    "9": (0.05, 0.4, "0.52"),
    "10": (0.05, 0.25, "0.65"),
}
PAID_SOURCES = tuple(source for source, (*_, price) in SOURCES.items() if price != "0")
DEVICES = {"desktop": 0.73, "touch": 0.27}
UNKNOWN_SOURCE = "11"

LARGEST_UID = 2**64 - 1
LOOKBACK = timedelta(days=90)
MANY_CONVERSIONS = 30
RESELLER_ORDERS = 34

FULL_VISITS = 359_400
FULL_ORDERS = 50_415
FULL_COSTS = 2_542
FULL_FACTOR = 128

SCIENTIFIC = "uid is in scientific notation: its digits are lost"
UID_DAMAGES: tuple[tuple[str, str], ...] = (
    (SCIENTIFIC, "1.03293E+19"),
    (SCIENTIFIC, "5e18"),
    ("uid has decimals", "10329302124590727494.0"),
    ("uid has a sign", "-8117442061963478570"),
    ("uid is not a whole number", "user_17"),
    ("uid exceeds 64 bits", str(LARGEST_UID + 1)),
)


@dataclass
class Shop(Sample):
    """The raw tables of the shop; rows carry the plain names of their columns."""

    rng: Random = field(default_factory=Random)

    @property
    def visits(self) -> list[Row]:
        """Rows of visits."""
        return self.tables["visits"]

    @property
    def orders(self) -> list[Row]:
        """Rows of orders."""
        return self.tables["orders"]

    @property
    def costs(self) -> list[Row]:
        """Rows of costs."""
        return self.tables["costs"]


# --- the clean shop ------------------------------------------------------------------


def new_uid(rng: Random) -> str:
    """Draw an unsigned 64-bit number; half of them lie above the signed range."""
    return str(rng.getrandbits(64))


def drawn(rng: Random, weights: dict[str, float]) -> str:
    """Draw a key by its weight."""
    return rng.choices(tuple(weights), tuple(weights.values()))[0]


def instant_of(day: date, minute: int) -> datetime:
    """Make a timestamp of a day and a minute of it."""
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minute)


def new_users(rng: Random, day: date, factor: float) -> int:
    """Say how many users come for the first time on a day; never none."""
    weekday = (1.05, 1.0, 1.0, 1.0, 1.05, 0.9, 0.95)[day.weekday()]
    busy = BUSY_FACTOR if day == BUSY_DAY else 1
    mean = NEW_USERS_PER_DAY * SEASON[day.month] * weekday * busy * factor
    return max(1, round(mean + rng.uniform(-1, 1) * mean**0.5))


def visit(rng: Random, uid: str, start: datetime, device: str, source: str) -> Row:
    """Let a user visit; most visits are short, some are over within the minute."""
    minutes = int(rng.lognormvariate(1.7, 1.1))
    return {
        "uid": uid,
        "device": device,
        "start_ts": str(start),
        "end_ts": str(start + timedelta(minutes=min(minutes, 240))),
        "source_id": source,
    }


def order(uid: str, at: datetime, amount: Decimal) -> Row:
    """Let a user order."""
    return {"uid": uid, "buy_ts": str(at), "revenue": str(amount)}


def drawn_amount(rng: Random, factor: float) -> Decimal:
    """Draw the revenue of an order; a few orders are free."""
    if rng.random() < 0.002:
        return Decimal("0.00")
    cents = 100 * 3.7 * factor * rng.lognormvariate(0, 0.6)
    return Decimal(round(min(cents, 4_000))).scaleb(-2)


def visiting_days(rng: Random, day: date) -> Iterator[date]:
    """Yield the days on which a user of a cohort visits, the first one first."""
    rate = RETURN_RATE.get(day.month, 0.38)
    while day <= LAST_DAY:
        yield day
        if rng.random() >= rate:
            return
        day += timedelta(days=round(rng.expovariate(1 / DAYS_BETWEEN_VISITS)))


def add_user(shop: Shop, day: date, *, is_buyer: bool = False) -> None:
    """Let a new user come, come back and, perhaps, buy."""
    rng, uid = shop.rng, new_uid(shop.rng)
    source = drawn(rng, {name: part for name, (part, *_) in SOURCES.items()})
    device = drawn(rng, DEVICES)
    value = ORDER_VALUE.get(day.month, 1.0) * (0.85 if device == "touch" else 1)
    is_buyer = is_buyer or rng.random() < SOURCES[source][1]
    waits = 0 if rng.random() < 0.72 else rng.randint(1, 3)
    bought = 0
    for number, visited in enumerate(visiting_days(rng, day)):
        start = instant_of(visited, rng.randrange(7 * 60, 23 * 60))
        here = device if rng.random() < 0.9 else drawn(rng, DEVICES)
        via = source
        if number and rng.random() < 0.35:
            via = drawn(rng, {name: part for name, (part, *_) in SOURCES.items()})
        shop.visits.append(visit(rng, uid, start, here, via))
        is_first = is_buyer and not bought and number >= min(waits, 2)
        if is_first or (bought and rng.random() < 0.3):
            bought += 1
            at = start + timedelta(minutes=rng.randrange(1, 50))
            shop.orders.append(order(uid, at, drawn_amount(rng, value)))


def first_buyer_of_the_day(shop: Shop, day: date) -> None:
    """Let somebody come and buy at once, so that no day is without an order."""
    uid, start = new_uid(shop.rng), instant_of(day, shop.rng.randrange(480, 1_380))
    source = drawn(shop.rng, {name: part for name, (part, *_) in SOURCES.items()})
    device = drawn(shop.rng, DEVICES)
    shop.visits.append(visit(shop.rng, uid, start, device, source))
    at = start + timedelta(minutes=shop.rng.randrange(1, 50))
    shop.orders.append(order(uid, at, drawn_amount(shop.rng, 1)))


def bill(shop: Shop) -> None:
    """Bill each paid source for the visits of each day."""
    counts = Counter((row["source_id"], row["start_ts"][:10]) for row in shop.visits)
    for (source, day), count in sorted(counts.items()):
        if source in PAID_SOURCES:
            price = Decimal(SOURCES[source][2]) * SEASON_PRICE[int(day[5:7])]
            wobble = Decimal(shop.rng.randint(80, 125)).scaleb(-2)
            cost = (price * wobble * count).quantize(Decimal("0.01"))
            shop.costs.append({"source_id": source, "dt": day, "costs": str(cost)})


# auctions are dear when many buy
SEASON_PRICE = {
    month: Decimal(str(round(0.7 + 0.3 * part, 3))) for month, part in SEASON.items()
}


def clean_shop(rng: Random, factor: float = 1) -> Shop:
    """Open the shop for a year, with so many times the visitors of the sample."""
    shop = Shop("afisha", {table: [] for table in HEADERS}, rng=rng)
    for day in DAYS:
        first_buyer_of_the_day(shop, day)
        for _ in range(new_users(rng, day, factor)):
            add_user(shop, day)
    bill(shop)
    return shop


# --- what is planted -----------------------------------------------------------------


def lost_days(shop: Shop) -> None:
    """Lose the visits of one day, the orders of two, the costs of one and of a few."""
    shop.visits[:] = [
        row for row in shop.visits if row["start_ts"][:10] != str(SILENT_VISIT_DAY)
    ]
    lost = {str(day) for day in SILENT_ORDER_DAYS}
    shop.orders[:] = [row for row in shop.orders if row["buy_ts"][:10] not in lost]
    kept = [row for row in shop.costs if row["dt"] != str(SILENT_COST_DAY)]
    busy_days = Counter(row["dt"] for row in kept)
    for row in shop.rng.sample(kept, 12):
        if busy_days[row["dt"]] > 1:
            busy_days[row["dt"]] -= 1
            kept.remove(row)
    shop.costs[:] = kept
    shop.found("cost_day_missing", "costs", str(SILENT_COST_DAY), note="not exported")


def largest_uids(shop: Shop) -> None:
    """Let users come whose ids only an exact reading tells apart."""
    for uid in ("0", str(LARGEST_UID), str(LARGEST_UID - 1), str(2**63), "007", "7"):
        day = shop.rng.choice(DAYS[:300])
        if day in (SILENT_VISIT_DAY, *SILENT_ORDER_DAYS):
            day += timedelta(days=2)
        start = instant_of(day, shop.rng.randrange(480, 1_300))
        shop.visits.append(visit(shop.rng, uid, start, "touch", "7"))
        amount = drawn_amount(shop.rng, 1)
        shop.orders.append(order(uid, start + timedelta(minutes=9), amount))


def reversed_visits(shop: Shop) -> None:
    """End a few visits before they began, as when clocks are turned back."""
    for row in shop.rng.sample(shop.visits, 4):
        start = datetime.fromisoformat(row["start_ts"])
        row["end_ts"] = str(start - timedelta(minutes=shop.rng.randrange(1, 60)))
    for row in shop.rng.sample(shop.visits, 3):
        row["end_ts"] = ""


def alike_rows(shop: Shop) -> None:
    """Let rows come twice that are alike in everything: all of them count."""
    for rows, count in ((shop.visits, 3), (shop.orders, 3), (shop.costs, 2)):
        rows += [row.copy() for row in shop.rng.sample(rows, count)]
    shop.orders.append(shop.orders[-1].copy())


def nobodys_rows(shop: Shop) -> None:
    """Let visitors without an id come and buy."""
    for place in range(4):
        start = instant_of(DAYS[50 + 60 * place], shop.rng.randrange(480, 1_300))
        shop.visits.append(visit(shop.rng, "", start, "desktop", "345"[place % 3]))
        if place:
            at = start + timedelta(minutes=5)
            shop.orders.append(order("", at, drawn_amount(shop.rng, 1)))


def refunds(shop: Shop) -> None:
    """Pay orders back, in whole or in part, days later; one of nobody known."""
    early = [
        row
        for row in shop.orders
        if row["uid"] and Decimal(row["revenue"]) > 0 and row["buy_ts"] < "2018-05"
    ]
    for place, row in enumerate(shop.rng.sample(early, 7)):
        at = datetime.fromisoformat(row["buy_ts"]) + timedelta(days=3 + 2 * place)
        amount = Decimal(row["revenue"])
        back = amount if place % 2 else (amount / 2).quantize(Decimal("0.01"))
        uid = row["uid"] if place else ""
        shop.orders.append(order(uid, at, -max(back, Decimal("0.01"))))


def buyers_without_a_visit(shop: Shop) -> None:
    """Take orders of users who never visit, or only afterwards."""
    for place in range(13):
        uid, day = new_uid(shop.rng), DAYS[20 + 25 * place]
        at = instant_of(day, shop.rng.randrange(480, 1_380))
        shop.orders.append(order(uid, at, drawn_amount(shop.rng, 1)))
        if place >= 8:
            later = at + timedelta(days=0 if place == 8 else place, minutes=20)
            shop.visits.append(visit(shop.rng, uid, later, "touch", "4"))
        if place == 0:
            again = at + timedelta(days=9)
            shop.orders.append(order(uid, again, drawn_amount(shop.rng, 1)))


def reseller(shop: Shop) -> None:
    """Let one user buy more than any customer would."""
    uid = new_uid(shop.rng)
    for place in range(RESELLER_ORDERS):
        start = instant_of(DAYS[5 + 10 * place], 600 + place)
        if start.date() in (SILENT_VISIT_DAY, *SILENT_ORDER_DAYS):
            start += timedelta(days=2)
        shop.visits.append(visit(shop.rng, uid, start, "desktop", "2"))
        at = start + timedelta(minutes=3)
        shop.orders.append(order(uid, at, drawn_amount(shop.rng, 1.4)))


def costs_of_nothing(shop: Shop) -> None:
    """Bill a source that brought no visit, and sources on days without a visit."""
    for day in ("2017-10-03", "2017-10-04", "2018-02-20"):
        cost = {"source_id": UNKNOWN_SOURCE, "dt": day, "costs": "12.34"}
        shop.costs.append(cost)
    visited = {(row["source_id"], row["start_ts"][:10]) for row in shop.visits}
    days = [day for day in map(str, DAYS) if ("9", day) not in visited]
    for day in shop.rng.sample([day for day in days if day != str(SILENT_COST_DAY)], 4):
        shop.costs.append({"source_id": "9", "dt": day, "costs": "1.05"})


def refused_rows(shop: Shop) -> None:
    """Pass rows through a spreadsheet: ids, times and amounts that cannot be read.

    Of several faults the first in the order key, timestamp, amount is said.
    """
    for place, (reason, uid) in enumerate(UID_DAMAGES):
        model = shop.visits[10 * place]
        shop.reject("visits", model | {"uid": uid}, reason)
        model = shop.orders[10 * place]
        shop.reject("orders", model | {"uid": uid}, reason)
    damaged = {"uid": "1.16273E+19", "buy_ts": "01/06/2017 0:25", "revenue": "n/a"}
    shop.reject("orders", damaged, SCIENTIFIC, note="and all the rest")
    damaged = shop.orders[77] | {"buy_ts": "01/06/2017 0:27", "revenue": "n/a"}
    shop.reject("orders", damaged, "buy_ts is not a timestamp", note="and no amount")
    for text in ("n/a", "12,50 EUR", ""):
        damaged = shop.orders[88] | {"revenue": text}
        shop.reject("orders", damaged, "revenue is not an amount")
    shop.reject("orders", shop.orders[99] | {"buy_ts": ""}, "buy_ts is not a timestamp")

    for text in ("2017-02-30 10:00:00", ""):
        damaged = shop.visits[77] | {"start_ts": text, "end_ts": "soon"}
        shop.reject("visits", damaged, "start_ts is not a timestamp")
    damaged = shop.visits[88] | {"end_ts": "soon"}
    shop.reject("visits", damaged, "end_ts is not a timestamp")

    for reason, damage in (
        ("source_id is missing", {"source_id": ""}),
        ("dt is not a date", {"dt": "31/12/2017", "costs": "n/a"}),
        ("costs is not an amount", {"costs": "n/a"}),
    ):
        shop.reject("costs", shop.costs[44] | damage, reason)


# --- what follows from it ------------------------------------------------------------


def md5(*parts: str) -> str:
    """Make a key of parts, kept apart by the character 31."""
    return hashlib.md5("\x1f".join(parts).encode()).hexdigest()


def with_ids(rows: list[Row], *columns: str) -> list[tuple[str, Row]]:
    """Give each row the id made of its columns and of which of its like it is."""
    seen: Counter[str] = Counter()
    numbered = []
    for row in rows:
        key = md5(*(row[column] or "<null>" for column in columns))
        seen[key] += 1
        numbered.append((md5(key, str(seen[key])), row))
    return numbered


def list_findings(shop: Shop, visits: list[Row], orders: list[Row]) -> None:
    """List what the planted rows must be found as; only sound rows are handed in."""
    numbered = with_ids(orders, "uid", "buy_ts", "revenue")
    bought = [(key, row) for key, row in numbered if Decimal(row["revenue"]) >= 0]
    starts: dict[str, list[datetime]] = defaultdict(list)
    for row in visits:
        starts[row["uid"]].append(datetime.fromisoformat(row["start_ts"]))
    del starts[""]

    for key, row in numbered:
        if Decimal(row["revenue"]) < 0:
            shop.found("order_refunded", "orders", key, note=row["revenue"])
    columns = ("uid", "device", "start_ts", "end_ts", "source_id")
    for key, row in with_ids(visits, *columns):
        if row["end_ts"] and row["end_ts"] < row["start_ts"]:
            shop.found("session_ends_before_start", "visits", key, note="clock")
        if not row["uid"]:
            channel = f"source {row['source_id']}"
            shop.found("session_without_user", "visits", channel, note="no uid")

    for key, row in bought:
        at = datetime.fromisoformat(row["buy_ts"])
        if not row["uid"]:
            shop.found("conversion_without_user", "orders", key, note="no uid")
        if not any(at - LOOKBACK < s <= at for s in starts.get(row["uid"], ())):
            note = "no visit in time" if row["uid"] else "no uid"
            shop.found("conversion_without_touchpoint", "visits", key, note=note)
    list_buyers(
        shop,
        [(row["uid"], datetime.fromisoformat(row["buy_ts"])) for _, row in bought],
        [(uid, start) for uid, times in starts.items() for start in times],
        "visits",
    )
    for uid, count in Counter(row["uid"] for _, row in bought if row["uid"]).items():
        if count > MANY_CONVERSIONS:
            shop.found("user_with_many_conversions", "orders", uid, note=f"{count}")


def list_cost_findings(shop: Shop, visits: list[Row], costs: list[Row]) -> None:
    """List the costs that brought nobody."""
    visited = {(row["source_id"], row["start_ts"][:10]) for row in visits}
    for source, day in {(row["source_id"], row["dt"]) for row in costs} - visited:
        shop.found(
            "campaign_day_cost_without_sessions", "costs", source, day, note="no visit"
        )
    for source in {row["source_id"] for row in costs} - {key for key, _ in visited}:
        shop.found("campaign_without_sessions", "costs", source, note="unknown source")


def list_odd_days(shop: Shop, visits: list[Row], orders: list[Row]) -> None:
    """List the spikes and the missing days of the three daily series."""
    series: dict[str, dict[date, Decimal]] = {
        name: defaultdict(Decimal) for name in ("sessions", "conversions", "revenue")
    }
    for row in visits:
        series["sessions"][date.fromisoformat(row["start_ts"][:10])] += 1
    for row in orders:
        if Decimal(row["revenue"]) >= 0:
            day = date.fromisoformat(row["buy_ts"][:10])
            series["conversions"][day] += 1
            series["revenue"][day] += Decimal(row["revenue"])
    table = {"sessions": "visits"}
    for name, days in series.items():
        for day in spikes(days):
            key = table.get(name, "orders"), name, str(day)
            shop.found("daily_spike", *key, note="far from its weekday")
        for day in gaps(days):
            key = table.get(name, "orders"), name, str(day)
            shop.found("missing_day", *key, note="lost")


PLANTED: tuple[Callable[[Shop], None], ...] = (
    lost_days,
    largest_uids,
    reversed_visits,
    nobodys_rows,
    refunds,
    buyers_without_a_visit,
    reseller,
    alike_rows,
    costs_of_nothing,
)


def damaged_shop(rng: Random) -> Shop:
    """Open the small shop, plant every defect in it and list what must be found."""
    shop = clean_shop(rng)
    for plant in PLANTED:
        plant(shop)
    visits, orders, costs = list(shop.visits), list(shop.orders), list(shop.costs)
    list_findings(shop, visits, orders)
    list_cost_findings(shop, visits, costs)
    list_odd_days(shop, visits, orders)
    refused_rows(shop)
    return shop


# --- files ---------------------------------------------------------------------------


def write_tables(shop: Shop, folder: Path) -> None:
    """Write the tables as they are delivered: visits in no order, the others by day."""
    ordered = {
        "visits": shop.rng.sample(shop.visits, len(shop.visits)),
        "orders": sorted(shop.orders, key=lambda row: row["buy_ts"]),
        "costs": sorted(shop.costs, key=lambda row: (row["source_id"], row["dt"])),
    }
    for table, header in HEADERS.items():
        rows = (
            {label: row[name] for label, name in header.items()}
            for row in ordered[table]
        )
        write_csv(folder / f"{table}.csv", list(header), rows)


def write_full_afisha(folder: Path, rng: Random) -> None:
    """Write the three tables at their real size, as a folder of CSV files."""
    shop = clean_shop(rng, FULL_FACTOR)
    for table, count in (
        ("visits", FULL_VISITS),
        ("orders", FULL_ORDERS),
        ("costs", FULL_COSTS),
    ):
        shop.tables[table] = rng.sample(shop.tables[table], count)
    write_tables(shop, folder)
