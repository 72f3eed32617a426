"""Shops that nobody has seen: a seed decides what they are called and how written.

A shop is made twice from one truth: as files under random names, in random columns and
notations, and in the input contract, of which package `reference` computes what the
marts must say.
"""

from __future__ import annotations

import csv
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

import reference.shop
from reference.facts import Property

FIRST = datetime(2024, 2, 12, tzinfo=UTC)
DAYS = 64
CENT = Decimal("0.01")
# how channels are called; those of the second list are direct
CHANNELS = ["Paid Search Brand", "Newsletter & Email", "Organic Traffic", "Referral"]
DIRECT = "direct"

# what a shop may call its tables and columns; some names say nothing
TABLE_NAMES = {
    "sessions": ["Web Visits", "sessions_2024", "traffic_log", "Besuche", "t_17"],
    "conversions": ["goals", "web_purchases", "Conversions Export", "ga_transactions"],
    "backend_conversions": ["erp_orders", "Rechnungen", "booked sales", "invoices"],
    "orders": ["orders", "Bestellungen", "checkout_log", "t_18", "sales"],
    "ad_costs": ["marketing spend", "Werbekosten", "ad_costs_daily", "t_19", "media"],
    "refunds": ["Retouren", "refund list", "returns", "credit_notes"],
    "noise": ["products", "Newsletter Abos", "stock_levels"],
}
COLUMN_NAMES = {
    "session_id": ["Session ID", "visit_no", "sid", "besuch_id", "c01"],
    "user_id": ["customer", "client", "Kundennummer", "visitor_ref", "who", "c02"],
    "started_at": ["when", "ts", "started", "Zeitpunkt", "c03"],
    "channel": ["channel", "Kanal", "traffic_channel", "c04"],
    "campaign_id": ["campaign id", "kampagne", "cmp", "ad_campaign", "c05"],
    "device": ["device", "Endgerät", "device_type", "c06"],
    "conversion_id": ["order_no", "Bestellnummer", "transaction", "Beleg", "d01"],
    "converted_at": ["when", "order_date", "placed_at", "Bestelldatum", "d02"],
    "revenue": ["total_eur", "amount", "Umsatz", "order_value", "d03"],
    "cost_date": ["day", "Datum", "date", "report_date", "e01"],
    "cost": ["spend", "Kosten", "amount_spent", "cost_eur", "e02"],
    "clicks": ["clicks", "Klicks", "link clicks", "clics"],
    "refunded_at": ["returned_on", "credit date", "erstattet_am", "when"],
    "amount": ["refunded", "amount", "Betrag", "refund_value"],
}
NOISE_NAMES = ["note", "x_flag", "page_count", "shop_version", "Bemerkung", "batch"]


@dataclass(frozen=True)
class Notation:
    """How a shop writes things down.

    `time` and `day` write a moment that is already on the shop's clock, `amount` a
    decimal; `store` is `csv`, `sqlite` or `parquet`.
    """

    store: str
    zone: str
    time: Callable[[datetime], Any]
    day: Callable[[date], Any]
    amount: Callable[[Decimal], Any]
    encoding: str = "utf-8"
    separator: str = ","
    has_backend: bool = False


@dataclass
class Shop:
    """The truth: what happened, all times in UTC."""

    name: str
    notation: Notation
    sessions: list[dict[str, Any]] = field(default_factory=list)
    tracked: list[dict[str, Any]] = field(default_factory=list)
    booked: list[dict[str, Any]] = field(default_factory=list)
    costs: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    path: Path = Path()

    def local(self, moment: datetime) -> datetime:
        """Tell a moment by the shop's clock."""
        return moment.astimezone(ZoneInfo(self.notation.zone)).replace(tzinfo=None)


# --- notations -----------------------------------------------------------------------


def with_comma(amount: Decimal) -> str:
    """Write 1234.5 as 1.234,50."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def unpadded(moment: datetime) -> str:
    """Write a moment as d/m/yyyy h:mm:ss."""
    return f"{moment.day}/{moment.month}/{moment.year} {moment:%H:%M:%S}"


def american(moment: datetime) -> str:
    """Write a moment as m/d/yyyy with half days."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment:%I:%M:%S %p}"


def instant(moment: datetime, zone: str) -> datetime:
    """Tell a moment of a clock in UTC."""
    return moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def epoch(zone: str, units: int) -> Callable[[datetime], int]:
    """Count from 1970."""
    return lambda moment: int(instant(moment, zone).timestamp()) * units


NOTATIONS = [
    Notation(
        store="csv",
        zone="Europe/Berlin",
        time=lambda moment: f"{moment:%d.%m.%Y %H:%M:%S}",
        day=lambda day: f"{day:%d.%m.%Y}",
        amount=with_comma,
        encoding="cp1252",
        separator=";",
        has_backend=True,
    ),
    Notation(
        store="sqlite",
        zone="America/New_York",
        time=epoch("America/New_York", 1),
        day=lambda day: f"{day:%Y-%m-%d}",
        amount=float,
    ),
    Notation(
        store="csv",
        zone="America/Chicago",
        time=american,
        day=lambda day: f"{day.month}/{day.day}/{day.year}",
        amount=lambda amount: f"{amount:,.2f}",
        encoding="utf-16",
        separator="\t",
        has_backend=True,
    ),
    Notation(
        store="parquet",
        zone="Asia/Kolkata",
        time=lambda moment: instant(moment, "Asia/Kolkata"),
        day=lambda day: day,
        amount=lambda amount: amount,
    ),
    Notation(
        store="csv",
        zone="Europe/Lisbon",
        time=unpadded,
        day=lambda day: f"{day.day}/{day.month}/{day.year}",
        amount=str,
        encoding="utf-8-sig",
        separator="|",
        has_backend=True,
    ),
    Notation(
        store="sqlite",
        zone="UTC",
        time=epoch("UTC", 1000),
        day=lambda day: f"{day:%Y%m%d}",
        amount=lambda amount: str(amount).replace(".", ","),
        has_backend=True,
    ),
    Notation(
        store="csv",
        zone="Europe/Paris",
        time=lambda moment: (
            instant(moment, "Europe/Paris")
            .astimezone(ZoneInfo("Europe/Paris"))
            .isoformat()
        ),
        day=lambda day: day.isoformat(),
        amount=str,
        encoding="latin-1",
    ),
]


# --- a shop --------------------------------------------------------------------------


def made_shop(seed: int, notation: Notation | None = None) -> Shop:
    """Make the truth of a shop, and draw what things are called in it."""
    rng = random.Random(seed)
    shop = Shop(f"shop_{seed}", notation or NOTATIONS[seed % len(NOTATIONS)])
    users = [f"{rng.choice('KUC')}{rng.randrange(10**6):06}" for _ in range(110)]
    campaigns = [str(rng.randrange(10**7, 10**8)) for _ in range(6)]
    for number in range(420):
        channel = rng.choice([*CHANNELS, DIRECT, DIRECT])
        is_paid = channel == CHANNELS[0]
        started = FIRST + timedelta(seconds=rng.randrange(DAYS * 86400))
        shop.sessions.append(
            {
                "session_id": f"s{number * 7919 % 100003:06}x{rng.randrange(99)}",
                "user_id": rng.choice(users) if rng.random() < 0.95 else None,
                "started_at": started,
                "channel": channel,
                "campaign_id": rng.choice(campaigns) if is_paid else None,
                "device": rng.choice(["desktop", "mobile", "tablet"]),
            }
        )
    for number in range(130):
        revenue = Decimal(rng.randrange(500, 250000)).scaleb(-2)
        order = {
            "conversion_id": f"{rng.randrange(100, 999)}-{number:04}",
            "user_id": rng.choice(users),
            "converted_at": FIRST + timedelta(seconds=rng.randrange(DAYS * 86400)),
            "revenue": revenue,
        }
        draw = rng.random() if shop.notation.has_backend else 0.0
        if draw < 0.94:
            shop.tracked.append(order)
        if shop.notation.has_backend and not 0.88 <= draw < 0.94:
            off = Decimal("1.5") if 0.80 <= draw < 0.88 else 0
            shop.booked.append(order | {"revenue": revenue + off})
    end_together(shop)
    for day in range(DAYS):
        for campaign in campaigns:
            if rng.random() < 0.7:
                shop.costs.append(
                    {
                        "campaign_id": campaign,
                        "cost_date": (FIRST + timedelta(days=day)).date(),
                        "cost": Decimal(rng.randrange(100, 200000)).scaleb(-2),
                        "clicks": rng.randrange(0, 60),
                    }
                )
    if seed % 2 == 0:
        books = shop.booked or shop.tracked
        for order in rng.sample(books, 14):
            back = order["converted_at"] + timedelta(days=rng.randrange(2, 9))
            share = Decimal(rng.randrange(1, 5)) / 4
            shop.refunds.append(
                {
                    "conversion_id": order["conversion_id"],
                    "refunded_at": back,
                    "amount": (order["revenue"] * share).quantize(CENT, ROUND_HALF_UP),
                }
            )
    return named(shop, rng)


def end_together(shop: Shop) -> None:
    """Let the books reach the tracker's last day, so that nothing awaits them."""
    if shop.booked:
        last = max((*shop.tracked, *shop.booked), key=lambda o: o["converted_at"])
        ids = {order["conversion_id"] for order in shop.booked}
        if last["conversion_id"] not in ids:
            shop.booked.append(dict(last))


def named(shop: Shop, rng: random.Random) -> Shop:
    """Draw names: of tables and of columns, each once in its table."""
    taken: set[str] = set()
    for role, rows in tables_of(shop).items():
        kind = role
        if role == "conversions" and not shop.booked:
            kind = "orders"
        choices = [name for name in TABLE_NAMES[kind] if name not in taken]
        shop.names[role] = rng.choice(choices)
        taken.add(shop.names[role])
        columns: dict[str, str] = {}
        for column in rows[0]:
            left = [n for n in COLUMN_NAMES[column] if n not in columns.values()]
            columns[column] = rng.choice(left)
        for noise in rng.sample(NOISE_NAMES, rng.randrange(3)):
            columns[f"noise_{noise}"] = noise
        order = list(columns)
        rng.shuffle(order)
        shop.columns[role] = {column: columns[column] for column in order}
    return shop


def tables_of(shop: Shop) -> dict[str, list[dict[str, Any]]]:
    """List the tables that a shop has, by their name in the contract."""
    tables = {
        "sessions": shop.sessions,
        "conversions": shop.tracked,
        "backend_conversions": shop.booked,
        "ad_costs": shop.costs,
        "refunds": shop.refunds,
    }
    return {role: rows for role, rows in tables.items() if rows}


# --- as files ------------------------------------------------------------------------


def written_shop(shop: Shop, folder: Path) -> Path:
    """Write a shop as it would hand over its data; returns the place."""
    rng = random.Random(shop.name)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {}
    for role, rows in tables_of(shop).items():
        header = list(shop.columns[role].values())
        lines = [
            [value_of(shop, column, row, rng) for column in shop.columns[role]]
            for row in rows
        ]
        rng.shuffle(lines)
        tables[shop.names[role]] = (header, lines)
    noise = rng.choice(TABLE_NAMES["noise"])
    items = [
        [f"P{n}", rng.choice(["mug", "hat"]), rng.randrange(99)] for n in range(40)
    ]
    tables[noise] = (["sku", "title", "stock"], items)
    writers = {"csv": write_csv, "sqlite": write_sqlite, "parquet": write_parquet}
    shop.path = writers[shop.notation.store](shop, folder, tables)
    return shop.path


def value_of(shop: Shop, column: str, row: dict[str, Any], rng: random.Random) -> Any:  # noqa: ANN401
    """Write one value as the shop does."""
    if column.startswith("noise_"):
        return rng.choice(["a", "b b", "ü", None, "7"])
    value, notation = row[column], shop.notation
    if isinstance(value, datetime):
        return notation.time(shop.local(value))
    if isinstance(value, date):
        return notation.day(value)
    if isinstance(value, Decimal):
        return notation.amount(value)
    return value


Tables = dict[str, tuple[list[str], list[list[Any]]]]


def write_csv(shop: Shop, folder: Path, tables: Tables) -> Path:
    """Write a CSV file for each table."""
    for name, (header, lines) in tables.items():
        path = folder / f"{name}.csv"
        with path.open("w", newline="", encoding=shop.notation.encoding) as file:
            writer = csv.writer(file, delimiter=shop.notation.separator)
            writer.writerow(header)
            writer.writerows(lines)
    return folder


def write_sqlite(shop: Shop, folder: Path, tables: Tables) -> Path:
    """Write one database, whose columns have no types."""
    path = folder / f"{shop.name}.db"
    with sqlite3.connect(path) as conn:
        for name, (header, lines) in tables.items():
            columns = ", ".join(f'"{column}"' for column in header)
            conn.execute(f'create table "{name}" ({columns})')
            marks = ", ".join("?" for _ in header)
            conn.executemany(f'insert into "{name}" values ({marks})', lines)
    return path


def write_parquet(shop: Shop, folder: Path, tables: Tables) -> Path:
    """Write a Parquet file for each table, in native types."""
    with duckdb.connect() as conn:
        for name, (header, lines) in tables.items():
            types = [
                parquet_type([line[n] for line in lines]) for n in range(len(header))
            ]
            columns = ", ".join(
                f'"{column}" {kind}' for column, kind in zip(header, types, strict=True)
            )
            conn.execute(f"create or replace table t ({columns})")
            marks = ", ".join("?" for _ in header)
            conn.executemany(f"insert into t values ({marks})", lines)
            conn.table("t").write_parquet(str(folder / f"{name}.parquet"))
    return folder


def parquet_type(values: list[Any]) -> str:
    """Choose the type of a column."""
    types = {
        datetime: "timestamptz",
        date: "date",
        Decimal: "decimal(18, 2)",
        int: "bigint",
    }
    kinds = {type(value) for value in values if value is not None}
    return types.get(kinds.pop(), "text") if len(kinds) == 1 else "text"


# --- as the input contract has it ----------------------------------------------------


def as_contract(shop: Shop) -> reference.shop.Shop:
    """Tell the truth of a shop in the words of the input contract."""
    tables = {
        role: [
            {column: plain_text(value) for column, value in row.items()} for row in rows
        ]
        for role, rows in tables_of(shop).items()
    }
    about = Property(shop.name, shop.notation.zone)
    return reference.shop.Shop(about, tables, own_rules={})


def plain_text(value: object) -> str:
    """Write a value as ISO 8601 or plain digits."""
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)
