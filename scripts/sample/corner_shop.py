"""Forty days of a corner shop, in the input contract: tracking, books, refunds, costs.

The days hold one of 25 hours; a few things were offered on one of 23. Some customers
pay in XTS, the code that ISO 4217 keeps for tests: its rates can be nobody's.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sample.raw import Row, Sample, write_csv
from sample.verify import gaps, spikes

BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS: dict[str, tuple[str, ...]] = {
    "sessions": (
        *("session_id", "user_id", "started_at", "channel", "campaign", "campaign_id"),
        *("market", "device", "user_agent", "has_consent", "session_cost", "currency"),
    ),
    "conversions": (
        *("conversion_id", "user_id", "converted_at", "revenue", "currency", "market"),
        "cancelled_at",
    ),
    "backend_conversions": (
        *("conversion_id", "user_id", "converted_at", "revenue", "currency", "market"),
        "cancelled_at",
    ),
    "ad_costs": (
        *("campaign_id", "cost_date", "cost", "platform", "clicks", "currency"),
    ),
    "refunds": (
        *("conversion_id", "refunded_at", "amount", "refund_id", "kind", "currency"),
    ),
    "listings": (
        *("listing_id", "seller_id", "created_at", "completed_at", "sold_at"),
        *("brand", "category", "price", "currency"),
    ),
    "listing_events": ("listing_id", "event_at", "user_id", "action"),
}
KEYS = {
    "sessions": ("session_id",),
    "conversions": ("conversion_id", "user_id"),
    "backend_conversions": ("conversion_id", "user_id"),
    "ad_costs": ("campaign_id", "cost_date"),
    "refunds": ("conversion_id", "refund_id"),
    "listings": ("listing_id",),
    "listing_events": ("listing_id", "event_at"),
}

FIRST_DAY = date(2024, 10, 1)
DAYS = [FIRST_DAY + timedelta(offset) for offset in range(40)]
LONG_DAY = date(2024, 10, 27)
SHORT_DAY = date(2024, 3, 31)
USERS = 90
MOST_SESSIONS = 200
# one session of each a day
CHANNELS = (
    "Paid Search Brand",
    "TikTok Ads",
    "Organic Traffic",
    "Direct Traffic",
    "Newsletter & Email",
    "Referral",
    "Organic Traffic",
)
CAMPAIGNS = {
    "Paid Search Brand": ("brand", "0.45", ""),
    "TikTok Ads": ("tiktok", "0.50", "XTS"),
}
DEVICES = ("desktop", "phone", "tablet")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PROGRAMS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/129.0.0.0",
    "curl/8.5.0",
)
STAFF = "u-staff"
EXCLUDED = "excluded user: staff"
NO_RATE = "no exchange rate for XXX on 2024-10-15"
CENT = Decimal("0.01")


def rate(day: date) -> Decimal:
    """Tell what an XTS was worth in EUR."""
    return Decimal("0.90") if day < date(2024, 11, 1) else Decimal("0.92")


@dataclass
class Shop(Sample):
    """The raw tables of the shop, and what counts of them."""

    rng: Random = field(default_factory=Random)
    counted: dict[str, Row] = field(default_factory=dict)

    def refuse(self, table: str, row: Row, reason: str, check: str = "") -> None:
        """Deliver a row that must be refused, and counted by a check of its own."""
        self.tables[table].append({name: "" for name in COLUMNS[table]} | row)
        key = "|".join(row.get(column, "") for column in KEYS[table])
        self.found("rejected_rows", table, f"{reason}: {key}", note=reason)
        if check:
            self.found(check, table, table, reason, note=reason)


def written(moment: datetime, rng: Random) -> str:
    """Write a moment as one of three tools would: local, with its offset, or in UTC.

    The second 02:30 of the long day is not written without an offset.
    """
    local = moment.astimezone(BERLIN)
    styles = [
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        local.isoformat(sep=" "),
    ]
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        styles.append(local.strftime("%Y-%m-%d %H:%M:%S"))
    return rng.choice(styles)


def local_moment(day: date, hour: int, rng: Random) -> datetime:
    """Draw a moment of an hour of a local day."""
    clock = time(hour, rng.randrange(60), rng.randrange(60), tzinfo=BERLIN)
    return datetime.combine(day, clock)


# --- the clean shop ------------------------------------------------------------------


def session(shop: Shop, number: str, user: str, moment: datetime, channel: str) -> Row:
    """Write a session; a paid one costs its click."""
    campaign, cost, currency = CAMPAIGNS.get(channel, ("", "", ""))
    return {
        "session_id": number,
        "user_id": user,
        "started_at": written(moment, shop.rng),
        "channel": channel,
        "campaign": campaign.title(),
        "campaign_id": campaign,
        "market": "",
        "device": shop.rng.choice(DEVICES),
        "user_agent": BROWSER,
        "has_consent": "",
        "session_cost": cost,
        "currency": currency,
    }


def add_sessions_and_orders(shop: Shop) -> None:
    """Let seven people come a day, and one of them buy; two at weekends."""
    for day_number, day in enumerate(DAYS):
        buyers = 2 if day.weekday() > 4 else 1
        for number, channel in enumerate(CHANNELS):
            # the long day has a session in each of its two hours of 2 o'clock
            moment = local_moment(day, 8 + 2 * number, shop.rng)
            if day == LONG_DAY and number < 2:
                moment = local_moment(day, 2, shop.rng).replace(fold=number)
            user = f"u-{shop.rng.randrange(USERS) + 1:03}"
            key = f"s-{len(shop.tables['sessions']) + 1:04}"
            row = session(shop, key, user, moment, channel)
            shop.tables["sessions"].append(row)
            if number == 6 and day_number % 10 == 3:
                row["has_consent"] = "false"
                shop.found("session_without_user", "sessions", channel, note="consent")
            if 2 <= number < 2 + buyers:
                add_order(shop, user, day, moment + timedelta(minutes=12))


def add_order(shop: Shop, user: str, day: date, moment: datetime) -> None:
    """Track and book an order; some are paid in XTS."""
    number = len(shop.counted) + 1
    key = f"k-{number:03}"
    row = {
        "conversion_id": key,
        "user_id": user,
        "converted_at": written(moment, shop.rng),
        "revenue": f"{shop.rng.randrange(2_500, 7_500) / 100:.2f}",
        "currency": "XTS" if number % 12 == 5 else "",
        "market": "AT" if number % 3 == 0 else "DE",
        "cancelled_at": "",
    }
    shop.tables["conversions"].append(row)
    shop.tables["backend_conversions"].append(row | {"converted_at": str(day)})
    shop.counted[key] = row | {"converted_at": str(day)}


def add_costs(shop: Shop) -> None:
    """Bill each paid session of a day at its price."""
    for day in DAYS:
        for campaign, cost, currency in CAMPAIGNS.values():
            shop.tables["ad_costs"].append(
                {
                    "campaign_id": campaign,
                    "cost_date": str(day),
                    "cost": cost,
                    "platform": "ads",
                    "clicks": "1",
                    "currency": currency,
                }
            )


def add_listings(shop: Shop) -> None:
    """Offer a few things around the night that has no 2 o'clock."""
    for number in range(12):
        begun = datetime.combine(SHORT_DAY, time(1, 50), BERLIN).astimezone(UTC)
        begun += timedelta(minutes=5 * number)
        key = f"l-{number + 1:02}"
        completed = begun + timedelta(minutes=30) if number % 3 else None
        sold = begun + timedelta(days=number) if completed and number % 2 else None
        shop.tables["listings"].append(
            {
                "listing_id": key,
                "seller_id": f"v-{number % 4 + 1}",
                "created_at": written(begun, shop.rng),
                "completed_at": written(completed, shop.rng) if completed else "",
                "sold_at": written(sold, shop.rng) if sold else "",
                "brand": ("Elster", "Kranich", "Zeisig")[number % 3],
                "category": ("Lamps", "Clocks")[number % 2],
                "price": f"{10 + number}.00",
                "currency": "",
            }
        )
        for hours in range(number % 3):
            shop.tables["listing_events"].append(
                {
                    "listing_id": key,
                    "event_at": written(begun + timedelta(hours=hours + 1), shop.rng),
                    "user_id": f"u-{number + 1:03}",
                    "action": "click",
                }
            )


# --- what is planted -----------------------------------------------------------------


def one_sided_orders(shop: Shop) -> None:
    """Let tracking miss two orders, the books three, and one differ."""
    for key in ("k-010", "k-020"):
        rows = shop.tables["conversions"]
        shop.tables["conversions"] = [r for r in rows if r["conversion_id"] != key]
        check = "conversion_missing_in_tracking"
        shop.found(check, "backend_conversions", key, note="untracked")
    for number, visit in enumerate(shop.tables["sessions"][60:90:14]):
        key = f"k-9{number}1"
        shop.tables["conversions"].append(
            {
                "conversion_id": key,
                "user_id": visit["user_id"],
                "converted_at": visit["started_at"],
                "revenue": "31.00",
                "currency": "",
                "market": "DE",
                "cancelled_at": "",
            }
        )
        check = "conversion_missing_in_backend"
        shop.found(check, "conversions", key, note="never booked")
    for row in shop.tables["conversions"]:
        if row["conversion_id"] == "k-007":
            row["revenue"] = str(Decimal(row["revenue"]) - 5)
            shop.found("revenue_differs", "conversions", "k-007", note="5.00 less")


def refunds(shop: Shop) -> None:
    """Pay back parts, wholes and the last cent of orders; refuse what cannot be."""
    numbers = range(3, 48, 3)
    for number, key in enumerate(f"k-{number:03}" for number in numbers):
        order = shop.counted[key]
        revenue = Decimal(order["revenue"])
        is_whole = number % 5 == 0
        amount = revenue if is_whole else (revenue / 4).quantize(CENT, ROUND_HALF_UP)
        day = date.fromisoformat(order["converted_at"]) + timedelta(days=number + 1)
        refund(shop, f"r-{number + 1:02}", key, amount, day, order["currency"])
    # the whole of an order in XTS, at another rate by then; and two parts of one order
    foreign = shop.counted["k-029"]
    refund(shop, "r-31", "k-029", Decimal(foreign["revenue"]), DAYS[-1], "XTS")
    parted = Decimal(shop.counted["k-002"]["revenue"])
    refund(shop, "r-32", "k-002", parted - 1, DAYS[5], "")
    refund(shop, "r-33", "k-002", Decimal(1), DAYS[6], "")

    too_much = {"conversion_id": "k-002", "refund_id": "r-34", "amount": "0.01"}
    uncounted = {"conversion_id": "k-901", "refund_id": "r-35", "amount": "1.00"}
    unknown = {"conversion_id": "k-999", "refund_id": "r-36", "amount": "1.00"}
    for row, reason, check in (
        (too_much, "more refunded than paid", "refund_exceeds_revenue"),
        (uncounted, "conversion is not counted", "refund_of_uncounted_conversion"),
        (unknown, "conversion_id is unknown", "refund_of_unknown_conversion"),
    ):
        shop.refuse("refunds", row | {"refunded_at": "2024-11-08"}, reason)
        shop.found(check, "refunds", row["refund_id"], note=reason)


def refund(
    shop: Shop, key: str, order: str, amount: Decimal, day: date, currency: str
) -> None:
    """Pay back an amount."""
    shop.tables["refunds"].append(
        {
            "conversion_id": order,
            "refunded_at": str(day),
            "amount": f"{amount:.2f}",
            "refund_id": key,
            "kind": "return",
            "currency": currency,
        }
    )
    shop.found("order_refunded", "refunds", key, note=f"of {order}")


def cancellations(shop: Shop) -> None:
    """Cancel an order on both sides, one in the books alone, one in tracking alone."""
    sides = {"k-013": ("conversions", "backend_conversions")}
    sides |= {"k-014": ("backend_conversions",), "k-016": ("conversions",)}
    for key, tables in sides.items():
        for table in tables:
            for row in shop.tables[table]:
                if row["conversion_id"] == key:
                    row["cancelled_at"] = "2024-11-02"
        # the books are silent of k-016: it stays as it is
        if "backend_conversions" in tables:
            text = f"cancellation\x1f{key}"
            name = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
            shop.found("order_refunded", tables[0], name, note=f"{key} cancelled")


def who_does_not_count(shop: Shop) -> None:
    """Let staff and programs come, and staff buy."""
    moment = local_moment(DAYS[12], 9, shop.rng)
    for number in range(2):
        row = session(shop, f"s-staff-{number}", STAFF, moment, "Direct Traffic")
        shop.refuse("sessions", row, EXCLUDED, "row_of_excluded_user")
    order = {
        "conversion_id": "k-staff",
        "user_id": STAFF,
        "converted_at": str(DAYS[12]),
        "revenue": "50.00",
        "market": "DE",
    }
    # the books do not know whose it was
    shop.refuse("conversions", order, EXCLUDED, "row_of_excluded_user")
    nameless = order | {"user_id": ""}
    shop.refuse("backend_conversions", nameless, EXCLUDED, "row_of_excluded_user")
    row = {"conversion_id": "k-staff", "refund_id": "r-staff", "amount": "50.00"}
    row |= {"refunded_at": str(DAYS[13])}
    shop.refuse("refunds", row, EXCLUDED, "row_of_excluded_user")

    for number, agent in enumerate(PROGRAMS):
        row = session(shop, f"s-bot-{number}", "", moment, "Direct Traffic")
        row["user_agent"] = agent
        shop.refuse("sessions", row, "bot: its user agent says so", "row_of_bot")
    reason = f"bot: more than {MOST_SESSIONS} sessions of its user that day"
    midnight = datetime.combine(LONG_DAY, time(), BERLIN).astimezone(UTC)
    step = timedelta(hours=25) / (MOST_SESSIONS + 1)
    for number in range(MOST_SESSIONS + 1):
        at = midnight + number * step
        row = session(shop, f"s-robot-{number:03}", "u-robot", at, "Direct Traffic")
        shop.refuse("sessions", row, reason, "row_of_bot")


def amounts_without_a_rate(shop: Shop) -> None:
    """Bring amounts in a currency that nobody lists, and one before its first rate."""
    moment = local_moment(date(2024, 10, 15), 9, shop.rng)
    visit = session(shop, "s-xxx", "u-001", moment, "Direct Traffic")
    visit |= {"session_cost": "0.10", "currency": "XXX"}
    order = {
        "conversion_id": "k-xxx",
        "user_id": "u-001",
        "converted_at": "2024-10-15",
        "revenue": "10.00",
        "currency": "XXX",
    }
    bill = {"campaign_id": "xxx", "cost_date": "2024-10-15", "cost": "1.00"}
    bill |= {"currency": "XXX"}
    back = {"conversion_id": "k-001", "refund_id": "r-xxx", "amount": "1.00"}
    back |= {"refunded_at": "2024-10-15", "currency": "XXX"}
    for table, row in (
        ("sessions", visit),
        ("conversions", order),
        ("backend_conversions", order),
        ("ad_costs", bill),
        ("refunds", back),
    ):
        shop.refuse(table, row, NO_RATE, "exchange_rate_missing")
    offer = {"listing_id": "l-xts", "created_at": "2024-03-31T12:00:00Z"}
    offer |= {"price": "10.00", "currency": "XTS"}
    reason = "no exchange rate for XTS on 2024-03-31"
    shop.refuse("listings", offer, reason, "exchange_rate_missing")


def refused_rows(shop: Shop) -> None:
    """Bring rows that cannot be read, and some twice."""
    moment = local_moment(DAYS[3], 9, shop.rng)
    visit = session(shop, "s-bad-1", "u-001", moment, "Direct Traffic")
    order = {"conversion_id": "k-bad", "user_id": "u-001", "converted_at": "2024-10-04"}
    order["revenue"] = "10.00"
    back = {"conversion_id": "k-001", "refund_id": "r-bad", "amount": "1.00"}
    back["refunded_at"] = "2024-10-15"
    bill = {"campaign_id": "brand", "cost_date": "2024-10-04", "cost": "1.00"}
    for table, row, reason in (
        ("sessions", visit | {"session_id": ""}, "session_id is missing"),
        (
            "sessions",
            visit | {"started_at": "2024-10-04 25:61:00"},
            "started_at is not a timestamp",
        ),
        (
            "sessions",
            visit | {"session_id": "s-bad-2", "session_cost": "ten"},
            "session_cost is not an amount",
        ),
        ("sessions", shop.tables["sessions"][5], "session_id is repeated"),
        (
            "conversions",
            order | {"converted_at": "yesterday"},
            "converted_at is not a timestamp or date",
        ),
        ("conversions", order | {"revenue": "10,00 €"}, "revenue is not an amount"),
        (
            "conversions",
            shop.tables["conversions"][0],
            "conversion_id, user_id, day of converted_at is repeated",
        ),
        (
            "backend_conversions",
            order | {"cancelled_at": "soon"},
            "cancelled_at is not a timestamp or date",
        ),
        (
            "backend_conversions",
            order | {"revenue": "-10.00"},
            "revenue is negative: what is paid back belongs in refunds",
        ),
        ("refunds", back | {"amount": "all"}, "amount is not an amount"),
        (
            "refunds",
            back | {"refund_id": "r-01", "conversion_id": "k-999"},
            "refund_id is repeated",
        ),
        ("ad_costs", bill | {"cost": "n/a"}, "cost is not an amount"),
        ("ad_costs", bill | {"cost_date": "2024-10-32"}, "cost_date is not a date"),
        (
            "listings",
            {"listing_id": "l-bad", "created_at": "soon"},
            "created_at is not a timestamp",
        ),
        (
            "listing_events",
            {"listing_id": "l-01", "event_at": "late", "action": "click"},
            "event_at is not a timestamp",
        ),
    ):
        shop.refuse(table, row, reason)


def list_odd_days(shop: Shop) -> None:
    """List the spikes and the missing days of orders and revenue, in EUR."""
    counts: dict[date, Decimal] = defaultdict(Decimal)
    revenue: dict[date, Decimal] = defaultdict(Decimal)
    for row in shop.counted.values():
        day = date.fromisoformat(row["converted_at"])
        amount = Decimal(row["revenue"])
        if row["currency"]:
            amount = (amount * rate(day)).quantize(CENT, ROUND_HALF_UP)
        counts[day] += 1
        revenue[day] += amount
    for name, days in (("conversions", counts), ("revenue", revenue)):
        table = "backend_conversions"
        for day in spikes(days):
            shop.found("daily_spike", table, name, str(day), note="far off")
        for day in gaps(days):
            shop.found("missing_day", table, name, str(day), note="none")


PLANTED: tuple[Callable[[Shop], None], ...] = (
    one_sided_orders,
    refunds,
    cancellations,
    who_does_not_count,
    amounts_without_a_rate,
    refused_rows,
    list_odd_days,
)


def damaged_shop(rng: Random) -> Shop:
    """Open the shop, plant every defect in it and list what must be found."""
    shop = Shop("corner_shop", {table: [] for table in COLUMNS}, rng=rng)
    add_sessions_and_orders(shop)
    add_costs(shop)
    add_listings(shop)
    for plant in PLANTED:
        plant(shop)
    return shop


def write_tables(shop: Shop, folder: Path) -> None:
    """Write the tables, sessions in no order."""
    for table, columns in COLUMNS.items():
        rows = shop.tables[table]
        if table == "sessions":
            rows = shop.rng.sample(rows, len(rows))
        write_csv(folder / f"corner_shop__{table}.csv", columns, rows)
