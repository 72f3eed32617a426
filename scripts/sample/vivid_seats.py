"""A season of Vivid Seats: sellers, events, lots of tickets, visits and sales.

Visitors come directly or through partner sites, some first one way and then the other;
some buy, a few of them more than once. Nobody in it exists: every street is Nowhere,
every telephone number begins with +00, every seller is called Invented.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from sample.buyers import list_buyers
from sample.raw import Row, Sample, write_csv
from sample.verify import gaps, spikes

TRAFFIC = (
    *("visitor_id", "visit_number", "visit_date", "visit_start_time"),
    *("traffic_source", "visitor_device", "geo_network", "bounce"),
    *("user_grouping", "social_engagement"),
)
COLUMNS: dict[str, tuple[str, ...]] = {
    "sellers": ("seller_id", "name", "region", "seller_since"),
    "events": (
        *("event_id", "event_name", "event_category", "venue", "city", "country"),
        "event_at",
    ),
    "ticket_listings": (
        *("listing_id", "seller_id", "event_id", "section", "row", "seat"),
        *("quantity", "price", "ticket_type", "posting_date", "posting_time"),
        "availability",
    ),
    "indirect_traffic": TRAFFIC,
    "direct_traffic": TRAFFIC,
    "customer_sales": (
        *("sale_id", "event_id", "listing_id", "visitor_id", "first_signup"),
        *("user_since", "sale_date", "sale_time", "number_of_tickets"),
        *("price_per_unit", "address", "contact_number", "payment_method"),
        "promo_used",
    ),
}
LOT = COLUMNS["ticket_listings"][1:]

FIRST_DAY = date(2022, 5, 2)
DAYS = [FIRST_DAY + timedelta(offset) for offset in range(98)]
SELLERS, EVENTS, LOTS, VISITORS = 40, 30, 600, 560
BUY_RATE, AGAIN_RATE = 0.46, 0.28
LOOKBACK = timedelta(days=90)

REGIONS = ("Midwest", "Northeast", "South", "West")
VENUES = (
    ("Alder Arena", "Chicago"),
    ("Birch Bowl", "Chicago"),
    ("Cedar Court", "Denver"),
    ("Dogwood Dome", "Boston"),
    ("Elm Theatre", "Seattle"),
)
CATEGORIES = {
    "Concert": ("The Planted Rows", "Null and the Voids", "Left Outer Joy"),
    "Sport": ("Herons at Otters", "Foxes at Badgers", "Larks at Owls"),
    "Theatre": ("The Missing Key", "Two Sides of a Ledger"),
}
# partner: its part of the visits, and of them the part that leaves at once
PARTNERS: dict[str, tuple[float, float]] = {
    "GigFinder": (0.34, 0.3),
    "TicketBuzz": (0.26, 0.42),
    "FanForum": (0.18, 0.35),
    "DealMail": (0.14, 0.5),
    "CityGuide": (0.08, 0.38),
}
UNMAPPED_PARTNER = "Freebie Blog"
DIRECT = "(direct)"
DEVICES = {"desktop": 0.45, "mobile": 0.47, "tablet": 0.08}
NETWORKS = ("us-central", "us-east", "us-west", "ca-east", "eu-west")
GROUPS = ("fans", "families", "firms")
ENGAGEMENTS = {"Not Socially Engaged": 0.85, "Socially Engaged": 0.15}
TICKET_TYPES = ("e-ticket", "mobile", "paper")
PAYMENTS = {"card": 0.6, "wallet": 0.3, "voucher": 0.1}
PLACES = (
    ("Chicago", "United States"),
    ("Denver", "United States"),
    ("New Haven", "United States"),
    ("Montréal", "Canada"),
    ("Leeds", "United Kingdom"),
)


@dataclass
class Shop(Sample):
    """The raw tables of the marketplace."""

    rng: Random = field(default_factory=Random)

    @property
    def visits(self) -> list[Row]:
        """Rows of both kinds of traffic."""
        return self.tables["indirect_traffic"] + self.tables["direct_traffic"]

    @property
    def sales(self) -> list[Row]:
        """Rows of sales."""
        return self.tables["customer_sales"]

    @property
    def lots(self) -> list[Row]:
        """Rows of lots."""
        return self.tables["ticket_listings"]


# --- the clean marketplace -----------------------------------------------------------


def drawn(rng: Random, weights: dict[str, float]) -> str:
    """Draw a key by its weight."""
    return rng.choices(tuple(weights), tuple(weights.values()))[0]


def clock(rng: Random, first: int = 7, last: int = 23) -> str:
    """Draw a time of day between two full hours."""
    seconds = rng.randrange(first * 3_600, last * 3_600)
    return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def add_sellers(shop: Shop) -> None:
    """Let sellers join over the years."""
    for number in range(1, SELLERS + 1):
        since = FIRST_DAY - timedelta(days=shop.rng.randrange(30, 2_500))
        shop.tables["sellers"].append(
            {
                "seller_id": f"s{number:02}",
                "name": f"Invented Tickets {number:02}",
                "region": shop.rng.choice(REGIONS),
                "seller_since": str(since),
            }
        )


def add_events(shop: Shop) -> None:
    """Announce events, most of them after the season of the sample."""
    for number in range(1, EVENTS + 1):
        category = shop.rng.choice(tuple(CATEGORIES))
        venue, city = shop.rng.choice(VENUES)
        day = DAYS[30] + timedelta(days=4 * number)
        shop.tables["events"].append(
            {
                "event_id": f"e{number:02}",
                "event_name": shop.rng.choice(CATEGORIES[category]),
                "event_category": category,
                "venue": venue,
                "city": city,
                "country": "United States",
                "event_at": f"{day} {shop.rng.choice((18, 19, 20))}:30:00",
            }
        )


def row_label(rng: Random) -> str:
    """Label a row of seats, now by number, now by text."""
    if rng.random() < 0.12:
        return rng.choice(("GA", "GA1", "MM", "F"))
    return str(rng.randrange(1, 28))


def add_lots(shop: Shop) -> None:
    """Let sellers post lots, a few of them very many."""
    rng = shop.rng
    sellers = [row["seller_id"] for row in shop.tables["sellers"][:-1]]
    weights = [1 / (place + 3) for place in range(len(sellers))]
    for number in range(1, LOTS + 1):
        price = Decimal(round(rng.lognormvariate(4.4, 0.6) * 100)).scaleb(-2)
        shop.lots.append(
            {
                "listing_id": f"l{number:04}",
                "seller_id": rng.choices(sellers, weights)[0],
                "event_id": rng.choice(shop.tables["events"])["event_id"],
                "section": str(rng.randrange(100, 140)),
                "row": row_label(rng),
                "seat": "",
                "quantity": str(rng.choice((2, 2, 4, 4, 6, 8))),
                "price": str(price),
                "ticket_type": rng.choice(TICKET_TYPES),
                "posting_date": str(DAYS[0] - timedelta(days=rng.randrange(0, 60))),
                "posting_time": clock(rng),
                "availability": "0" if rng.random() < 0.05 else "1",
            }
        )


def visit(rng: Random, visitor: str, number: int, day: date, source: str) -> Row:
    """Let a visitor come once."""
    bounce = PARTNERS.get(source, (0, 0.25))[1]
    return {
        "visitor_id": visitor,
        "visit_number": str(number),
        "visit_date": str(day),
        "visit_start_time": clock(rng),
        "traffic_source": source,
        "visitor_device": drawn(rng, DEVICES),
        "geo_network": rng.choice(NETWORKS),
        "bounce": "1" if rng.random() < bounce else "0",
        "user_grouping": rng.choice(GROUPS),
        "social_engagement": drawn(rng, ENGAGEMENTS),
    }


def deliver(shop: Shop, row: Row) -> None:
    """Put a visit into the table of its kind."""
    is_direct = row["traffic_source"] in (DIRECT, "")
    shop.tables["direct_traffic" if is_direct else "indirect_traffic"].append(row)


def address(rng: Random) -> str:
    """Invent an address."""
    city, country = rng.choice(PLACES)
    house, code = rng.randrange(1, 9_999), rng.randrange(10_000)
    return f"{house} Nowhere Road, 0{code:04} {city}, {country}"


def telephone(rng: Random) -> str:
    """Invent a telephone number that no country has."""
    return f"+00 555 {rng.randrange(10**7):07}"


@dataclass(frozen=True)
class Buyer:
    """Who buys: the same address and number each time."""

    visitor: str
    address: str
    contact: str
    since: date


def sell(
    shop: Shop, buyer: Buyer, at: datetime, lot: Row, tickets: int, number: int
) -> Row:
    """Sell tickets of a lot."""
    row = {
        "sale_id": f"t{len(shop.sales) + 1:04}",
        "event_id": lot["event_id"],
        "listing_id": lot["listing_id"],
        "visitor_id": buyer.visitor,
        "first_signup": "1" if number == 0 else "0",
        "user_since": str(buyer.since),
        "sale_date": str(at.date()),
        "sale_time": f"{at:%H:%M:%S}",
        "number_of_tickets": str(tickets),
        "price_per_unit": lot["price"],
        "address": buyer.address,
        "contact_number": buyer.contact,
        "payment_method": drawn(shop.rng, PAYMENTS),
        "promo_used": "1" if shop.rng.random() < 0.2 else "0",
    }
    shop.sales.append(row)
    return row


def add_visitor(shop: Shop, number: int, left: Counter[str]) -> None:
    """Let a visitor come, come back and, perhaps, buy of what is left."""
    rng, visitor = shop.rng, f"v{number:04}"
    parts = {name: part for name, (part, _) in PARTNERS.items()}
    source = drawn(rng, parts) if rng.random() < 0.55 else DIRECT
    turns_direct = source != DIRECT and rng.random() < 0.15
    day, bought = DAYS[rng.randrange(len(DAYS))], 0
    is_buyer = rng.random() < BUY_RATE
    buyer = Buyer(visitor, address(rng), telephone(rng), day)
    for count in range(1, 12):
        via = DIRECT if turns_direct and count > 1 else source
        row = visit(rng, visitor, count, day, via)
        deliver(shop, row)
        if is_buyer and (bought == 0 or rng.random() < AGAIN_RATE):
            lot = rng.choice([lot for lot in shop.lots if left[lot["listing_id"]]])
            tickets = min(left[lot["listing_id"]], rng.choice((1, 2, 2, 3, 4)))
            left[lot["listing_id"]] -= tickets
            start = datetime.fromisoformat(f"{day} {row['visit_start_time']}")
            at = start + timedelta(minutes=rng.randrange(2, 40))
            sell(shop, buyer, at, lot, tickets, bought)
            bought += 1
        day += timedelta(days=rng.randrange(1, 16))
        if day > DAYS[-1] or rng.random() > 0.68:
            return


def clean_shop(rng: Random) -> Shop:
    """Open the marketplace for a season."""
    shop = Shop("vivid_seats", {table: [] for table in COLUMNS}, rng=rng)
    for add in (add_sellers, add_events, add_lots):
        add(shop)
    left = Counter({lot["listing_id"]: int(lot["quantity"]) for lot in shop.lots})
    for number in range(1, VISITORS + 1):
        add_visitor(shop, number, left)
    return shop


# --- what is planted -----------------------------------------------------------------


def new_buyer(shop: Shop, visitor: str, contact: str = "") -> Buyer:
    """Invent a buyer."""
    contact = contact or telephone(shop.rng)
    return Buyer(visitor, address(shop.rng), contact, FIRST_DAY)


def noon(place: int) -> datetime:
    """Name the noon of a day of the season."""
    return datetime.combine(DAYS[place], datetime.min.time()) + timedelta(hours=12)


def lots_listed_twice(shop: Shop) -> None:
    """Deliver lots twice under one id, and offer some again under another."""
    unsold = set(lot["listing_id"] for lot in shop.lots)
    unsold -= {row["listing_id"] for row in shop.sales}
    lots = [lot for lot in shop.lots if lot["listing_id"] in unsold]
    for place, lot in enumerate(shop.rng.sample(lots, 5)):
        again = lot.copy()
        if place >= 3:
            again["listing_id"] = f"l{LOTS + place:04}"
        shop.lots.append(again)


def oversold_lots(shop: Shop) -> None:
    """Offer fewer tickets than have been sold."""
    sold: Counter[str] = Counter()
    for row in shop.sales:
        sold[row["listing_id"]] += int(row["number_of_tickets"])
    big = [lot for lot in shop.lots if sold[lot["listing_id"]] > 2]
    for place, lot in enumerate(shop.rng.sample(big, 3)):
        lot["quantity"] = str(sold[lot["listing_id"]] - 1 - place % 2)


def strange_sales(shop: Shop) -> None:
    """Sell tickets of events and of lots that nobody knows, and of no lot named."""
    lots = [lot for lot in shop.lots if lot["availability"] == "1"]
    for place in range(8):
        visitor = f"v{9_000 + place}"
        deliver(shop, visit(shop.rng, visitor, 1, noon(5 * place).date(), "GigFinder"))
        row = shop.tables["indirect_traffic"][-1]
        row["visit_start_time"] = "11:00:00"
        buyer = new_buyer(shop, visitor)
        sale = sell(shop, buyer, noon(5 * place), shop.rng.choice(lots), 1, 0)
        sale["listing_id"] = "" if place < 5 else f"l9{place:03}"
        if place < 4:
            sale["event_id"] = f"e9{place}"


def shared_contacts(shop: Shop) -> None:
    """Let several visitors buy with one telephone number, spelt in several ways."""
    lots = [lot for lot in shop.lots if lot["availability"] == "1"]
    spellings = ("+00 555 99{}00001", "+00-555-99{}-00001", "(+00) 55599{}00001")
    for group in range(2):
        for place in range(2 + group):
            visitor = f"v80{group}{place}"
            at = noon(20 + 10 * group + place)
            deliver(shop, visit(shop.rng, visitor, 1, at.date(), "FanForum"))
            row = shop.tables["indirect_traffic"][-1]
            row["visit_start_time"] = "10:30:00"
            contact = spellings[place].format(group)
            sell(
                shop, new_buyer(shop, visitor, contact), at, shop.rng.choice(lots), 1, 0
            )["listing_id"] = ""
    # no telephone number at all is shared with nobody
    for row in shop.rng.sample(shop.sales[:300], 4):
        row["contact_number"] = ""


def odd_visitors(shop: Shop) -> None:
    """Let nobody visit, strangers buy, and an unheard-of partner send visitors."""
    lots = [lot for lot in shop.lots if lot["availability"] == "1"]
    for place in range(6):
        day, source = noon(10 * place).date(), ("DealMail", "")[place % 2]
        deliver(shop, visit(shop.rng, "", 1, day, source))
        visitor = f"v70{place:02}"
        deliver(shop, visit(shop.rng, visitor, 1, day, UNMAPPED_PARTNER))
    for place, visitor in enumerate(("", "v7100", "v7101", "v7102")):
        at = noon(12 + 15 * place)
        buyer = new_buyer(shop, visitor)
        sell(shop, buyer, at, shop.rng.choice(lots), 2, 0)["listing_id"] = ""
        if place == 3:
            later = at.date() + timedelta(days=3)
            deliver(shop, visit(shop.rng, visitor, 1, later, DIRECT))
    # a visit whose time nobody wrote down began at midnight
    shop.tables["indirect_traffic"][-1]["visit_start_time"] = ""


def odd_addresses(shop: Shop) -> None:
    """Write addresses that do not say where, or hardly."""
    places = shop.rng.sample(shop.sales[:300], 5)
    texts = (
        "12 Nowhere Road",
        "13 Nowhere Road, Canada",
        "14 Nowhere Road, Apartment 5",
        "",
        "15 Nowhere Road, Back House, 01234 São Paulo, Brazil",
    )
    for row, text in zip(places, texts, strict=True):
        row["address"] = text


def alike_visits(shop: Shop) -> None:
    """Let visits come twice that are alike in everything: all of them count."""
    for table in ("indirect_traffic", "direct_traffic"):
        rows = shop.tables[table]
        rows += [row.copy() for row in shop.rng.sample(rows, 2)]


def refused_rows(shop: Shop) -> None:
    """Deliver rows that cannot be read, and keys that have come before."""
    tables = shop.tables
    for table, damages in REFUSED.items():
        model = tables[table][5]
        for reason, damage in damages:
            shop.reject(table, model | damage, reason)
    sale = shop.sales[7]
    later = str(date.fromisoformat(sale["sale_date"]) + timedelta(days=1))
    shop.reject("customer_sales", sale | {"sale_date": later}, "sale_id is repeated")
    seller = tables["sellers"][3]
    moved = seller | {"seller_since": "2022-05-01", "name": "Invented Heirs"}
    shop.reject("sellers", moved, "seller_id is repeated")
    shop.reject("events", tables["events"][3].copy(), "event_id is repeated")


REFUSED: dict[str, tuple[tuple[str, Row], ...]] = {
    "sellers": (
        ("seller_id is missing", {"seller_id": ""}),
        ("seller_since is not a date", {"seller_since": "2019-02-30"}),
    ),
    "events": (
        ("event_id is missing", {"event_id": "", "event_at": "soon"}),
        ("event_at is not a timestamp", {"event_id": "e80", "event_at": "soon"}),
    ),
    "ticket_listings": (
        ("event_id is missing", dict.fromkeys(COLUMNS["ticket_listings"], "")),
        ("posting_date is not a date", {"posting_date": "01/05/2022", "price": "?"}),
        ("posting_time is not a time", {"posting_time": "25:00"}),
        ("quantity is not a whole number from 0", {"quantity": "2.5", "price": "?"}),
        ("quantity is not a whole number from 0", {"quantity": "-1"}),
        ("price is not an amount from 0", {"price": "USD 40"}),
        ("price is not an amount from 0", {"price": "-40"}),
    ),
    "indirect_traffic": (
        ("visit_date is not a date", {"visit_date": "yesterday"}),
        ("visit_start_time is not a time", {"visit_start_time": "noon"}),
    ),
    "direct_traffic": (
        ("visit_date is not a date", {"visit_date": ""}),
        ("visit_start_time is not a time", {"visit_start_time": "24:61"}),
    ),
    "customer_sales": (
        ("sale_id is missing", {"sale_id": "", "sale_date": "?"}),
        ("sale_date is not a date", {"sale_id": "t9000", "sale_date": "2022-06-31"}),
        ("sale_time is not a time", {"sale_id": "t9001", "sale_time": "late"}),
        (
            "number_of_tickets is not a whole number from 1",
            {"sale_id": "t9002", "number_of_tickets": "0", "price_per_unit": "?"},
        ),
        (
            "price_per_unit is not an amount from 0",
            {"sale_id": "t9003", "price_per_unit": "free"},
        ),
    ),
}


# --- what follows from it ------------------------------------------------------------


def list_lots(shop: Shop) -> None:
    """List the lots that are there again, and those sold beyond what they hold."""
    ids: Counter[str] = Counter()
    alike: Counter[tuple[str, ...]] = Counter()
    for row in sorted(shop.lots, key=lambda row: row["listing_id"]):
        ids[row["listing_id"]] += 1
        lot = tuple(row[column] for column in LOT)
        alike[lot] += 1
        if alike[lot] > 1:
            count = ids[row["listing_id"]]
            text = f"{row['listing_id']}\x1f{count}"
            key = hashlib.md5(text.encode()).hexdigest()
            shop.found(
                "lot_listed_twice",
                "ticket_listings",
                row["listing_id"] if count == 1 else key,
                note="twice",
            )
    sold: Counter[str] = Counter()
    for row in shop.sales:
        sold[row["listing_id"]] += int(row["number_of_tickets"])
    quantities = {row["listing_id"]: int(row["quantity"]) for row in shop.lots}
    for key, quantity in quantities.items():
        if sold[key] > quantity:
            shop.found("lot_oversold", "ticket_listings", key, note="too few")


def list_sales(shop: Shop) -> None:
    """List the sales of what nobody knows, and the buyers who share a number."""
    events = {row["event_id"] for row in shop.tables["events"]}
    lots = {row["listing_id"] for row in shop.lots}
    sharers: dict[str, set[str]] = defaultdict(set)
    for row in shop.sales:
        if row["event_id"] not in events:
            shop.found(
                "sale_of_unknown_event", "customer_sales", row["sale_id"], note="event"
            )
        if row["listing_id"] and row["listing_id"] not in lots:
            shop.found(
                "sale_of_unknown_listing", "customer_sales", row["sale_id"], note="lot"
            )
        digits = "".join(filter(str.isdigit, row["contact_number"]))
        if digits and row["visitor_id"]:
            sharers[digits].add(row["visitor_id"])
    for visitors in sharers.values():
        if len(visitors) > 1:
            note = f"{len(visitors)} visitors"
            key = min(visitors)
            shop.found("contact_number_shared", "customer_sales", key, note=note)


def list_visitors(shop: Shop) -> None:
    """List who came both ways, who was nobody, and who bought without a visit."""
    kinds = {
        table: {row["visitor_id"] for row in shop.tables[table]} - {""}
        for table in ("indirect_traffic", "direct_traffic")
    }
    for visitor in kinds["indirect_traffic"] & kinds["direct_traffic"]:
        shop.found(
            "visitor_direct_and_indirect", "direct_traffic", visitor, note="both ways"
        )
    starts: dict[str, list[datetime]] = defaultdict(list)
    for row in shop.visits:
        time = row["visit_start_time"] or "00:00:00"
        at = datetime.fromisoformat(f"{row['visit_date']} {time}")
        starts[row["visitor_id"]].append(at)
        source = row["traffic_source"] or DIRECT
        channel = "Direct Traffic" if source == DIRECT else source
        if not row["visitor_id"]:
            shop.found("session_without_user", "direct_traffic", channel, note="nobody")
        if source == UNMAPPED_PARTNER:
            shop.found("channel_unmapped", "indirect_traffic", channel, note="unmapped")
    del starts[""]
    for row in shop.sales:
        at, key = sold_at(row), row["sale_id"]
        if not row["visitor_id"]:
            shop.found("conversion_without_user", "customer_sales", key, note="nobody")
        if not any(
            at - LOOKBACK < start <= at for start in starts.get(row["visitor_id"], ())
        ):
            shop.found(
                "conversion_without_touchpoint", "customer_sales", key, note="no visit"
            )
    list_buyers(
        shop,
        [(row["visitor_id"], sold_at(row)) for row in shop.sales],
        [(visitor, start) for visitor, times in starts.items() for start in times],
        "direct_traffic",
    )


def sold_at(row: Row) -> datetime:
    """Tell when a sale was made."""
    return datetime.fromisoformat(f"{row['sale_date']} {row['sale_time']}")


def list_odd_days(shop: Shop) -> None:
    """List the spikes and the missing days of the three daily series."""
    series: dict[str, dict[date, Decimal]] = {
        name: defaultdict(Decimal) for name in ("sessions", "conversions", "revenue")
    }
    for row in shop.visits:
        series["sessions"][date.fromisoformat(row["visit_date"])] += 1
    for row in shop.sales:
        day = date.fromisoformat(row["sale_date"])
        series["conversions"][day] += 1
        price = Decimal(row["price_per_unit"])
        series["revenue"][day] += int(row["number_of_tickets"]) * price
    for name, days in series.items():
        table = "direct_traffic" if name == "sessions" else "customer_sales"
        for day in spikes(days):
            shop.found("daily_spike", table, name, str(day), note="far off")
        for day in gaps(days):
            shop.found("missing_day", table, name, str(day), note="none")


PLANTED: tuple[Callable[[Shop], None], ...] = (
    lots_listed_twice,
    oversold_lots,
    strange_sales,
    shared_contacts,
    odd_visitors,
    odd_addresses,
    alike_visits,
    list_lots,
    list_sales,
    list_visitors,
    list_odd_days,
    refused_rows,
)


def damaged_shop(rng: Random) -> Shop:
    """Open the marketplace, plant every defect in it and list what must be found."""
    shop = clean_shop(rng)
    for plant in PLANTED:
        plant(shop)
    return shop


def write_tables(shop: Shop, folder: Path) -> None:
    """Write the tables; lots and visits in no order."""
    for table, columns in COLUMNS.items():
        rows = shop.tables[table]
        if table in ("ticket_listings", "indirect_traffic", "direct_traffic"):
            rows = shop.rng.sample(rows, len(rows))
        write_csv(folder / f"{table}.csv", columns, rows)
