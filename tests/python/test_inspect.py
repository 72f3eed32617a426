"""`make inspect`: what it tells of tables, what it proposes, asks and writes."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO

import duckdb
import pytest
import yaml

import inspect_data
from inspection.profiling import Column, amount_sql, pattern_of
from inspection.vocabulary import likeness, wanted_tables, words_of
from raw_data.declared import declared_layouts
from raw_data.formats import SPACES
from support import PROJECT, SEEDS, read_rows

START = datetime(2024, 3, 1)
MAPPING = "property,raw_table,source_column,column_name,format\n"
PROPERTIES = "property,time_zone,currency,timestamp_format,gross_margin\n"

Rows = list[list[object]]
ORDER = ["order_no", "client", "ts", "total"]


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """Make seeds with rows of another property."""
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "column_mapping.csv").write_text(
        f"{MAPPING}other,conversions,x,revenue,\n"
    )
    (folder / "properties.csv").write_text(f"{PROPERTIES}other,UTC,USD,,0.5\n")
    return folder


def visits(count: int = 300) -> Rows:
    """Make sessions: id, user, time, channel."""
    rng = random.Random(7)
    return [
        [
            f"v{number * 37 % 1009:04}",
            f"u{rng.randrange(80):02}",
            START + timedelta(minutes=rng.randrange(40 * 1440)),
            rng.choice(["direct", "email", "paid search"]),
        ]
        for number in range(count)
    ]


def orders(count: int = 80) -> Rows:
    """Make orders: id, user, time, amount."""
    rng = random.Random(8)
    return [
        [
            f"A-{number:03}",
            f"u{rng.randrange(80):02}",
            START + timedelta(minutes=rng.randrange(40 * 1440)),
            rng.randrange(100, 99999) / 100,
        ]
        for number in range(count)
    ]


def write(
    path: Path, header: list[str], rows: Rows, time: str = "%Y-%m-%d %H:%M"
) -> str:
    """Write a CSV file; returns the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(
            [v.strftime(time) if isinstance(v, datetime) else v for v in row]
            for row in rows
        )
    return str(path.parent)


Look = Callable[..., str]


@pytest.fixture
def look(seeds: Path, capsys: pytest.CaptureFixture[str]) -> Look:
    """Inspect a place as property `shop`; gives what is printed."""

    def looked(place: str | Path, *options: str) -> str:
        told = [str(place), "--property", "shop", "--mappings", str(seeds), *options]
        inspect_data.main(told)
        output = capsys.readouterr()
        return output.out + output.err

    return looked


def var_in(text: str) -> object:
    """Read the place of `shop` in the printed command."""
    (line,) = (line for line in text.splitlines() if "make build" in line)
    return yaml.safe_load(line.split("VARS=", 1)[1].strip("'"))["raw"]["shop"]


# --- which table is which ------------------------------------------------------------


def test_names_of_the_contract_need_no_mapping(tmp_path: Path, look: Look) -> None:
    folder = tmp_path / "data"
    header = ["session_id", "user_id", "started_at", "channel"]
    write(folder / "sessions.csv", header, visits())
    header = ["conversion_id", "user_id", "converted_at", "revenue"]
    text = look(write(folder / "conversions.csv", header, orders()))
    assert var_in(text) == str(folder)
    assert "column_mapping.csv\n  seeds" in text


def test_a_column_that_the_contract_names_is_told_whatever_it_holds(
    tmp_path: Path, look: Look
) -> None:
    header = ["conversion_id", "user_id", "converted_at", "revenue"]
    free = [[*row[:3], 0] for row in orders()]
    text = look(write(tmp_path / "d" / "conversions.csv", header, free))
    assert "    revenue is revenue\n" in text


@pytest.mark.parametrize("has_cost", [False, True])
def test_only_marts_that_stay_empty_are_named(
    tmp_path: Path, look: Look, has_cost: bool
) -> None:
    folder = tmp_path / "data"
    header = ["session_id", "user_id", "started_at", "channel"]
    rows = visits()
    if has_cost:
        header.append("session_cost")
        rows = [[*row, number % 7 / 100] for number, row in enumerate(rows)]
    write(folder / "sessions.csv", header, rows)
    header = ["conversion_id", "user_id", "converted_at", "revenue"]
    text = look(write(folder / "conversions.csv", header, orders()))
    # visits and buyers have their rows in these, and revenue is what is left of itself
    for kept in ("rpt_channel_costs", "rpt_acquisition", "fct_conversions"):
        assert kept not in text
    assert "no ad_costs: fct_campaign_days, rpt_campaign_cpc\n" in text
    assert ("no ad_costs and no session_cost: rpt_budget\n" in text) != has_cost
    assert "no refunds: fct_refunds\n" in text


# a young shop's: one row each, which say nothing by what they hold
YOUNG = {
    "sessions": "session_id,user_id,started_at,visit_number\ns1,1,2024-03-01,1",
    "conversions": "conversion_id,user_id,converted_at,revenue\no1,1,2024-03-01,1",
    "backend_conversions": "conversion_id,converted_at,revenue\nb1,2024-02-01,7",
    "journeys": "conversion_id,session_id\no1,s1",
    "ad_costs": "campaign_id,cost_date,cost,clicks\n1,2024-03-01,1,1",
    "refunds": "conversion_id,refunded_at,amount\nb1,2024-03-01,1",
    "listings": "listing_id,created_at\nl1,2024-03-01",
    "listing_events": "listing_id,event_at\nl2,2024-03-01",
}


def test_tables_with_the_names_of_the_contract_are_taken_as_they_are(
    tmp_path: Path, look: Look
) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    for name, text in YOUNG.items():
        (folder / f"{name}.csv").write_text(f"{text}\n")
    text = look(folder)
    assert var_in(text) == str(folder)
    for line in ("visit_number is visit_number", "clicks is clicks"):
        assert f"    {line}\n" in text
    for said in ("not read", "no user_id", "holds the booked orders"):
        assert said not in text
    # a row without a key is one that is asked about, and no other column is the key
    with (folder / "sessions.csv").open("a") as file:
        file.writelines(f"s{n},1,2024-03-0{n},{n}\n" for n in range(2, 6))
        file.write(",1,2024-03-07,7\n")
    text = look(folder)
    assert var_in(text) == str(folder)
    assert "    visit_number is visit_number\n" in text
    assert "sessions.csv.session_id: 1 rows have none" in text


def test_page_views_by_name_are_not_left_out_for_likely_sessions(
    tmp_path: Path, look: Look
) -> None:
    header = ["visitor_id", "viewed_at", "page_url"]
    views: Rows = [["v1", START, "/"], ["v1", START + timedelta(minutes=1), "/a"]]
    write(tmp_path / "d" / "page_views.csv", header, views)
    write(tmp_path / "d" / "web.csv", ["visit", "client", "ts", "channel"], visits())
    text = look(tmp_path / "d")
    assert var_in(text) == str(tmp_path / "d")
    assert "web.csv is not read: page_views are there" in text


@pytest.mark.parametrize("campaign", ["spring", 1])
@pytest.mark.parametrize("day_count", [1, 28])
def test_one_campaign_and_one_refund_are_told(
    tmp_path: Path, look: Look, campaign: object, day_count: int
) -> None:
    came = [[*row, campaign] for row in visits()]
    header = ["Besuch", "Kunde", "Beginn", "Kanal", "Kampagne"]
    write(tmp_path / "d" / "besuche.csv", header, came)
    header = ["Bestellnummer", "Kunde", "Bestelldatum", "Umsatz"]
    write(tmp_path / "d" / "bestellungen.csv", header, orders())
    spent: Rows = [
        [campaign, f"2024-03-{day:02}", f"{day}.25", day % 2]
        for day in range(1, day_count + 1)
    ]
    header = ["Kampagne", "Tag", "Kosten", "Klicks"]
    write(tmp_path / "d" / "werbekosten.csv", header, spent)
    header = ["Bestellnummer", "Erstattet_am", "Betrag"]
    refunds: Rows = [[orders()[3][0], "2024-05-08", "5.50"]]
    text = look(write(tmp_path / "d" / "erstattungen.csv", header, refunds))
    assert var_in(text)["tables"] == {
        "sessions": "besuche",
        "conversions": "bestellungen",
        "ad_costs": "werbekosten",
        "refunds": "erstattungen",
    }
    assert text.count("    kampagne is campaign_id\n") == 2
    assert "    klicks is clicks\n" in text
    assert "no user_id" not in text


def test_what_is_always_the_same_is_told_by_its_whole_name_alone(
    tmp_path: Path, look: Look
) -> None:
    bought = [[row[0], "new", *row[2:]] for row in orders()]
    header = ["order_no", "customer_type", "ts", "total"]
    text = look(write(tmp_path / "d" / "orders.csv", header, bought))
    assert "    not read: customer_type\n" in text
    header[1] = "customer"
    text = look(write(tmp_path / "d" / "orders.csv", header, bought))
    assert "    customer is user_id\n" in text


def test_content_decides_where_names_say_nothing(tmp_path: Path, look: Look) -> None:
    folder = tmp_path / "data"
    write(folder / "x1.csv", ["a", "b", "c", "d"], visits())
    write(folder / "x2.csv", ["p", "q", "r", "s"], orders())
    rows = [[o[0], v[0], 0.5] for o, v in zip(orders(), visits(), strict=False)]
    text = look(write(folder / "x3.csv", ["k", "l", "m"], rows))
    assert var_in(text)["tables"] == {
        "sessions": "x1",
        "conversions": "x2",
        "journeys": "x3",
    }
    for line in ("b is user_id", "d is channel", "q is user_id", "s is revenue"):
        assert f"    {line}\n" in text
    for line in ("k is conversion_id", "l is session_id", "m is weight"):
        assert f"    {line}\n" in text


@pytest.mark.parametrize(
    ("layout", "tables"),
    [("company_x", 5), ("afisha", 3), ("vestiaire", 4), ("vivid_seats", 6)],
)
def test_the_layouts_of_the_project_are_told(
    look: Look, layout: str, tables: int
) -> None:
    text = look(SEEDS / layout)
    assert var_in(text) == {"layout": layout, "path": str(SEEDS / layout)}
    assert text.count(f" of layout {layout}\n") == tables


def test_a_table_of_a_layout_may_have_another_name(tmp_path: Path, look: Look) -> None:
    (tmp_path / "web_log.csv").write_bytes((SEEDS / "afisha/visits.csv").read_bytes())
    assert var_in(look(tmp_path)) == {
        "layout": "afisha",
        "path": str(tmp_path),
        "tables": {"visits": "web_log"},
    }


def test_page_views_are_told_from_sessions(tmp_path: Path, look: Look) -> None:
    rng = random.Random(3)
    rows = []
    for number in range(60):
        start = START + timedelta(hours=rng.randrange(900))
        rows += [
            [f"v{number % 40}", start + timedelta(minutes=2 * n), "https://s.example/p"]
            for n in range(6)
        ]
    text = look(write(tmp_path / "d" / "log.csv", ["cookie", "ts", "url"], rows))
    assert "log.csv is page_views" in text
    assert "no conversions: fct_conversions" in text


def test_ids_counted_from_one_are_no_reference(tmp_path: Path, look: Look) -> None:
    """Two tables that both count their rows from 1 have nothing in common by that."""
    folder = tmp_path / "data"
    rows = [[n, *row[1:]] for n, row in enumerate(visits(), start=1)]
    write(folder / "visits.csv", ["id", "client", "ts", "channel"], rows)
    rows = [[n, *row] for n, row in enumerate(orders(), start=1)]
    text = look(
        write(folder / "orders.csv", ["id", "order_no", "client", "ts", "total"], rows)
    )
    assert "    order_no is conversion_id\n" in text
    assert "    id is session_id\n" in text
    assert "    not read: id\n" in text


@pytest.mark.parametrize(
    ("statuses", "is_told"),
    [
        (["paid", "cancelled", "refunded"], True),
        # one status says that only such orders were exported
        (["paid"], False),
        (["first_time", "returning"], False),
    ],
)
def test_a_status_of_orders_that_nothing_reads_is_told(
    tmp_path: Path, look: Look, statuses: list[str], is_told: bool
) -> None:
    header = "order_id,user_id,order_state,total,ordered_at"
    rows = [
        f"o{n},u{n % 40},{statuses[n % len(statuses)]},{20 + n}.50,"
        f"2024-03-{1 + n % 28:02} 10:00:00"
        for n in range(60)
    ]
    (tmp_path / "orders.csv").write_text("\n".join([header, *rows]))
    asked = look(tmp_path).partition("To be settled")[2]
    told = "orders.csv.order_state: is not read, and every order counts"
    assert (told in asked) is is_told


def test_a_shop_s_own_database_with_ids_from_one(tmp_path: Path, look: Look) -> None:
    """Keys that count from 1 refer to one another, whatever else has such numbers."""
    rng = random.Random(5)
    tables: dict[str, tuple[str, Rows]] = {
        "users": ("id, email", [[n, f"u{n}@x.example"] for n in range(1, 81)]),
        "visits": (
            "id, user_id, utm_source, landing_page, started_at, duration",
            [
                [n, int(r[1][1:]) + 1, "google", "https://s.example/", r[2], n % 90]
                for n, r in enumerate(visits(), start=1)
            ],
        ),
        "orders": (
            "id, user_id, status, total, tax, created_at, updated_at, visit_id",
            [
                [n, int(r[1][1:]) + 1, "paid", r[3], 1.5, r[2], r[2], 3 * n]
                for n, r in enumerate(orders(), start=1)
            ],
        ),
        "order_items": (
            "id, order_id, quantity, price",
            [[n, rng.randrange(1, 81), 2, 9.5] for n in range(1, 200)],
        ),
        "refunds": (
            "id, order_id, amount, created_at",
            [[n, 4 * n, 2.5, START + timedelta(days=70 + n)] for n in range(1, 12)],
        ),
    }
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        for name, (columns, rows) in tables.items():
            shop.execute(f"create table {name} ({columns})")
            marks = ", ".join("?" for _ in rows[0])
            shop.executemany(
                f"insert into {name} values ({marks})",
                [[str(v) if isinstance(v, datetime) else v for v in r] for r in rows],
            )
    text = look(path)
    assert var_in(text)["tables"] == {"sessions": "visits", "conversions": "orders"}
    proposal = text.partition("Proposal")[2]
    of_orders = proposal.partition("orders is conversions")[2].partition(" is ")[0]
    assert of_orders.strip() == "id"
    assert "    order_id is conversion_id\n" in proposal.partition("refunds is")[2]
    for name in ("users", "order_items"):
        assert f"{name} is not read" in proposal


@pytest.mark.parametrize("prefix", ["u", "customer "])
def test_users_of_two_names_are_told(tmp_path: Path, look: Look, prefix: str) -> None:
    bought: Rows = [[r[0], f"{prefix}{r[1][1:]}", *r[2:]] for r in orders()]
    write(tmp_path / "d" / "web.csv", ["visit", "client", "ts", "channel"], visits())
    header = ["order_no", "customer", "ts", "total"]
    text = look(write(tmp_path / "d" / "orders.csv", header, bought))
    told = "orders.csv.customer and web.csv.client have no value in common"
    assert (told in text) is (prefix != "u")


def test_the_tables_of_matomo_are_told(tmp_path: Path, look: Look) -> None:
    """Visitors are those of both tables, and a visit begins with its first action."""
    came: Rows = [
        [n, f"{int(user[1:]) * 7919:016x}", at + timedelta(minutes=4), at, user, "bing"]
        for n, (_, user, at, _) in enumerate(visits(), start=1)
    ]
    header = ["idvisit", "idvisitor", "visit_last_action_time"]
    header += ["visit_first_action_time", "user_id", "referer_name"]
    write(tmp_path / "d" / "matomo_log_visit.csv", header, came)
    bought: Rows = [
        [visit[0], visit[1], visit[2], n, f"#{1000 + n}", 9.5 + n / 8]
        for n, visit in enumerate(came[::4])
    ]
    header = ["idvisit", "idvisitor", "server_time", "buster", "idorder", "revenue"]
    text = look(write(tmp_path / "d" / "matomo_log_conversion.csv", header, bought))
    for line in (
        "idvisit is session_id",
        "idvisitor is user_id",
        "visit_first_action_time is started_at",
        "visit_last_action_time is ended_at",
        "referer_name is source",
        "idorder is conversion_id",
        "server_time is converted_at",
    ):
        assert f"    {line}\n" in text
    assert text.count("    idvisitor is user_id\n") == 2
    # as its API writes them
    header = ["idVisit", "visitorId", "lastActionTimestamp", "firstActionTimestamp"]
    came = [[*v[:2], *(int(at.timestamp()) for at in v[2:4]), "Google"] for v in came]
    text = look(write(tmp_path / "a" / "v.csv", [*header, "referrerName"], came))
    for line in (
        "visitorid is user_id",
        "firstactiontimestamp (epoch_seconds) is started_at",
        "lastactiontimestamp (epoch_seconds) is ended_at",
        "referrername is source",
    ):
        assert f"    {line}\n" in text


def test_a_table_of_a_contract_name_that_is_none_is_left_out(
    tmp_path: Path, look: Look
) -> None:
    folder = tmp_path / "data"
    write(folder / "sessions.csv", ["key", "data"], [[f"k{n}", "x"] for n in range(9)])
    text = look(write(folder / "web.csv", ["visit", "user", "ts", "channel"], visits()))
    assert var_in(text)["tables"] == {"sessions": "web"}
    write(folder / "refunds.csv", ["key", "data"], [[f"k{n}", "x"] for n in range(9)])
    assert var_in(look(folder))["tables"] == {"sessions": "web", "refunds": None}
    text = look(write(folder / "web.csv", ["x", "y"], [["a", "b"]]))
    assert "None of these is a table" in text


def test_a_file_for_each_month_is_one_table(tmp_path: Path, look: Look) -> None:
    folder = tmp_path / "d"
    header = ["order_no", "client", "ts", "total"]
    write(folder / "orders_2024-01.csv", header, orders()[:40])
    write(folder / "orders_2024-02.csv", header, orders()[40:])
    write(folder / "web.csv", ["visit", "client", "ts", "channel"], visits())
    text = look(folder)
    assert "orders_2024-01.csv: 80 rows" in text
    assert var_in(text) == [
        {"path": str(folder), "tables": {"sessions": "web"}},
        *(
            {
                "path": str(folder / f"orders_2024-{month}.csv"),
                "tables": {"conversions": f"orders_2024-{month}"},
            }
            for month in ("01", "02")
        ),
    ]


def test_a_column_may_come_between_two_files_of_a_table(
    tmp_path: Path, look: Look
) -> None:
    folder = tmp_path / "d"
    header = ["order_no", "client", "ts", "total"]
    later = [[*row, "EUR"] for row in orders()[40:]]
    write(folder / "orders_2024-01.csv", header, orders()[:40])
    write(folder / "orders_2024-02.csv", [*header, "currency"], later)
    visit = ["session_id", "user_id", "started_at", "channel"]
    write(folder / "sessions" / "a.csv", visit, visits()[:40])
    phones = [[*row, "phone"] for row in visits()[40:]]
    write(folder / "sessions" / "b.csv", [*visit, "device"], phones)
    text = look(folder)
    assert "orders_2024-01.csv: 80 rows" in text
    assert f"sessions: {len(visits())} rows" in text
    assert "    currency is currency\n" in text
    assert "    device is device\n" in text
    assert "holds files of several tables" not in text
    assert [place["tables"] for place in var_in(text)[1:]] == [
        {"conversions": "orders_2024-01"},
        {"conversions": "orders_2024-02"},
    ]


@pytest.mark.parametrize("empty", ["01", "02"])
def test_an_empty_file_is_a_part_too(tmp_path: Path, look: Look, empty: str) -> None:
    header = ["order_no", "client", "ts", "total"]
    for month in ("01", "02"):
        write(tmp_path / "d" / f"orders_2024-{month}.csv", header, orders())
    (tmp_path / "d" / f"orders_2024-{empty}.csv").write_text("")
    text = look(tmp_path / "d")
    assert "orders_2024-01.csv: 80 rows" in text
    assert "    total is revenue\n" in text


def test_a_folder_of_two_tables_is_told(tmp_path: Path, look: Look) -> None:
    folder = tmp_path / "d" / "web"
    write(folder / "a.csv", ["visit", "client", "ts", "channel"], visits())
    write(folder / "b.csv", ["order_no", "client", "ts", "total"], orders())
    assert "folder web holds files of several tables" in look(folder.parent)


def test_files_of_one_name_and_a_number_in_brackets_are_one_table(
    tmp_path: Path, look: Look
) -> None:
    folder = tmp_path / "d"
    header = ["visit", "client", "ts", "channel"]
    write(folder / "web (1).csv", header, visits()[:20])
    write(folder / "web (2).csv", header, visits()[20:30])
    write(folder / "web (3).csv", header, visits()[30:])
    text = look(folder)
    assert f"web (1).csv: {len(visits())} rows" in text
    assert "not read" not in text
    assert var_in(text) == [
        {
            "path": str(folder / f"web ({number}).csv"),
            "tables": {"sessions": f"web_({number})"},
        }
        for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("other", ["web.csv", "web_2024-01.csv"])
def test_a_number_in_brackets_is_no_part_of_a_file_without_one(
    tmp_path: Path, look: Look, other: str
) -> None:
    header = ["visit", "client", "ts", "channel"]
    write(tmp_path / "d" / other, header, visits())
    write(tmp_path / "d" / "web (1).csv", header, visits())
    text = look(tmp_path / "d")
    assert f"{other}: {len(visits())} rows" in text
    assert f"web (1).csv: {len(visits())} rows" in text


SOLD = ["Name", "Email", "Financial Status", "Created at", "Total", "Currency"]


def sold(numbers: range) -> Rows:
    """Make orders as Shopify exports them."""
    return [[f"#{n}", "a@b.example", "paid", START, 9.5, "EUR"] for n in numbers]


@pytest.mark.parametrize("mark", ["_", "-", "."])
def test_numbered_parts_of_an_export_are_one_table(
    tmp_path: Path, look: Look, mark: str
) -> None:
    folder = tmp_path / "d"
    first, second = f"orders{mark}1", f"orders{mark}2"
    write(folder / f"{first}.csv", ORDER, orders()[:40])
    write(folder / f"{second}.csv", ORDER, orders()[40:])
    text = look(folder)
    assert f"{first}.csv: 80 rows" in text
    assert "not read" not in text
    assert var_in(text) == [
        {"path": str(folder / f"{name}.csv"), "tables": {"conversions": name}}
        for name in (first, second)
    ]
    # where columns differ they are two tables
    write(folder / f"{second}.csv", ["visit", "who", "at", "channel"], visits())
    text = look(folder)
    assert var_in(text)["tables"] == {"conversions": first, "sessions": second}


def test_numbered_parts_of_a_known_export_are_one_table(
    tmp_path: Path, look: Look
) -> None:
    folder = tmp_path / "shop"
    write(folder / "orders_export_1.csv", SOLD, sold(range(1001, 1030)))
    write(folder / "orders_export_2.csv", SOLD, sold(range(1030, 1041)))
    text = look(folder)
    assert "orders_export_1.csv: 40 rows" in text
    assert "not read" not in text
    assert var_in(text) == {"layout": "shopify", "path": str(folder)}
    header = ["event_timestamp", "event_name", "event_params", "user_pseudo_id"]
    shards = ("20240229-000000000000", "20240229-000000000001", "20240301")
    for number, name in enumerate(shards):
        rows: Rows = [
            [1_709_633_700_000_000 + n + 9 * number, "page_view", "[]", f"{n % 4}.7"]
            for n in range(9)
        ]
        write(tmp_path / "ga4" / f"events_{name}.csv", header, rows)
    text = look(tmp_path / "ga4")
    assert "events_20240229-000000000000.csv: 27 rows" in text
    assert var_in(text) == {"layout": "ga4", "path": str(tmp_path / "ga4")}


def test_a_second_table_of_a_known_layout_is_nothing_else(
    tmp_path: Path, look: Look
) -> None:
    write(tmp_path / "d" / "january.csv", SOLD, sold(range(1001, 1030)))
    write(tmp_path / "d" / "spring sale.csv", SOLD, sold(range(1030, 1041)))
    text = look(tmp_path / "d")
    assert "  january.csv is orders of layout shopify\n" in text
    assert (
        "  spring sale.csv is not read: it is orders of layout shopify as january.csv "
        "is, and may be a place of its own beside it, or the same again\n"
    ) in text


def test_a_second_table_of_the_same_columns_is_told_as_such(
    tmp_path: Path, look: Look
) -> None:
    write(tmp_path / "d" / "orders.csv", ORDER, orders()[:40])
    write(tmp_path / "d" / "orders_1.csv", ORDER, orders()[40:])
    text = look(tmp_path / "d")
    assert "orders_1.csv is not read: it has the columns of orders.csv, and may" in text


def test_days_of_ga4_and_orders_of_shopify_are_told(tmp_path: Path, look: Look) -> None:
    header = ["event_timestamp", "event_name", "event_params", "user_pseudo_id"]
    rows: Rows = [
        [1_709_633_700_000_000 + n, "page_view", "[]", f"{n}.7"] for n in range(9)
    ]
    for day in ("01", "02"):
        write(tmp_path / "ga4" / f"events_202403{day}.csv", header, rows)
    assert var_in(look(tmp_path / "ga4")) == {
        "layout": "ga4",
        "path": str(tmp_path / "ga4"),
    }
    header = ["Name", "Email", "Financial Status", "Created at", "Total", "Currency"]
    rows = [
        [f"#{n}", "a@b.example", "paid", START, 9.5, "EUR"] for n in range(1001, 1030)
    ]
    path = tmp_path / "orders_export.csv"
    write(path, header, rows)
    assert var_in(look(path)) == {"layout": "shopify", "path": str(path)}


@pytest.mark.parametrize("carried", ["name", "id", "neither"])
@pytest.mark.parametrize("where", ["collected", "parameter", "reported"])
def test_costs_are_by_what_ga4_calls_a_campaign(
    tmp_path: Path, look: Look, seeds: Path, carried: str, where: str
) -> None:
    folder = tmp_path / "d"
    known = [("Spring Sale | Brand", 19_000_000_001), ("PMax", 19_000_000_002)]
    bills: Rows = [
        [f"2024-03-{day:02}", *campaign, 9.5 + day, 7 + day]
        for day in range(1, 29)
        for campaign in known
    ]
    header = ["Day", "Campaign", "Campaign ID", "Cost", "Clicks"]
    write(folder / "Campaign report.csv", header, bills)
    events = []
    for n in range(40):
        name, number = known[n % 2]
        campaign = {"name": name, "id": f"{number}", "neither": f"mail {n % 2}"}[
            carried
        ]
        parameter = {"key": "campaign", "value": {"string_value": campaign}}
        said: dict[str, object] = {
            "collected": {
                "collected_traffic_source": {"manual_campaign_name": campaign}
            },
            "parameter": {"event_params": [parameter]},
            "reported": {
                "session_traffic_source_last_click": {
                    "manual_campaign": {"campaign_name": campaign}
                }
            },
        }[where]
        events.append(
            {
                "event_timestamp": 1_709_633_700_000_000 + n,
                "event_name": "session_start",
                "event_params": [],
                "user_pseudo_id": f"{n % 9}.7",
            }
            | said
        )
    lines = "\n".join(json.dumps(event) for event in events)
    (folder / "events_20240301.json").write_text(lines)
    text = look(folder, "--write")
    column = "campaign" if carried == "name" else "campaign_id"
    assert f"    {column} is campaign_id\n" in text
    question = (
        "which of campaign_id and campaign in Campaign report.csv do your sessions "
        "carry? GA4 names mail 0, mail 1, and campaign_id has none of these"
    )
    assert (question in text.partition("To be settled")[2]) == (carried == "neither")


def test_what_an_export_is_counted_in_is_told_or_asked(
    tmp_path: Path, look: Look, seeds: Path
) -> None:
    header = ["Name", "Email", "Financial Status", "Created at", "Total", "Currency"]
    sold: Rows = [
        [f"#{n}", "a@b.example", "paid", "2024-03-05 09:00:00 -0500", 9.5, "USD"]
        for n in range(1001, 1030)
    ]
    bills: Rows = [
        [f"2024-03-{day:02}", campaign, 9.5 + day, 7]
        for day in range(1, 29)
        for campaign in ("spring", "brand")
    ]
    write(tmp_path / "orders_export.csv", header, sold)
    write(tmp_path / "costs.csv", ["date", "campaign", "cost_eur", "clicks"], bills)
    asked = look(tmp_path, "--write").partition("To be settled")[2]
    assert "days are those of which clock? It is UTC unless TIME_ZONE=" in asked
    assert "amounts are taken for EUR" not in asked
    assert read_rows(seeds / "properties.csv")[-1]["currency"] == "USD"
    seeds.joinpath("properties.csv").write_text(PROPERTIES)
    sold[3][-1] = "CAD"
    write(tmp_path / "d" / "orders_export.csv", header, sold)
    asked = look(tmp_path / "d", "--time-zone", "America/Chicago")
    assert "orders_export.csv.currency: 2 currencies" in asked
    assert "amounts are taken for EUR unless CURRENCY=USD" in asked
    assert "which clock" not in asked


def with_costs(folder: Path, header: list[str], sold: Rows, currency: str) -> str:
    """Write orders, and what was spent on ads in a currency."""
    write(folder / "orders.csv", header, sold)
    bills: Rows = [
        [f"2024-03-{day:02}", campaign, 9.5 + day, 7, currency]
        for day in range(1, 29)
        for campaign in ("spring", "brand")
    ]
    names = ["Day", "Campaign", "Cost", "Clicks", "Currency code"]
    return write(folder / "google_ads.csv", names, bills)


def test_what_ads_are_billed_in_is_no_currency_of_the_orders(
    tmp_path: Path, look: Look, seeds: Path
) -> None:
    folder = with_costs(tmp_path / "d", ORDER, orders(), "USD")
    text = look(folder, "--write")
    assert "amounts are taken for EUR unless CURRENCY=USD" in text
    assert read_rows(seeds / "properties.csv")[-1]["currency"] == "EUR"
    sold = [[*row, "GBP"] for row in orders()]
    other = with_costs(tmp_path / "e", [*ORDER, "currency"], sold, "USD")
    seeds.joinpath("properties.csv").write_text(PROPERTIES)
    text = look(other, "--write")
    assert "amounts are taken for EUR" not in text
    assert "google_ads.csv.currency_code: is USD, which needs rates in " in text
    assert read_rows(seeds / "properties.csv")[-1]["currency"] == "GBP"
    # costs alone name none of the property's
    (tmp_path / "e" / "orders.csv").unlink()
    seeds.joinpath("properties.csv").write_text(PROPERTIES)
    assert "amounts are taken for EUR unless CURRENCY=USD" in look(other)


def test_orders_of_several_currencies_are_asked_of(tmp_path: Path, look: Look) -> None:
    sold = [[*row, ("GBP", "CHF")[n % 2]] for n, row in enumerate(orders())]
    text = look(with_costs(tmp_path / "d", [*ORDER, "currency"], sold, "USD"))
    assert "orders.csv.currency: 2 currencies" in text
    assert "amounts are taken for EUR unless CURRENCY=USD" in text


def test_what_the_owner_said_before_is_kept_and_told(
    tmp_path: Path, look: Look, seeds: Path
) -> None:
    header = [*ORDER[:3], "total_usd"]
    folder = with_costs(tmp_path / "d", header, orders(), "USD")
    told = ("--time-zone", "Europe/Paris", "--currency", "GBP", "--write")
    text = look(folder, *told)
    assert "Kept from" not in text
    # the owner's word stands against the name of a column
    assert "total_usd: is USD by its name" not in text
    text = look(folder, "--write")
    row = read_rows(seeds / "properties.csv")[-1]
    assert (row["time_zone"], row["currency"]) == ("Europe/Paris", "GBP")
    kept = text.partition("Kept from seeds/mappings/properties.csv\n")[2]
    assert kept.startswith(
        "  Europe/Paris, unless TIME_ZONE= says otherwise\n"
        "  GBP, unless CURRENCY= says otherwise\n"
    )
    assert "It is UTC unless" not in text
    assert "amounts are taken for" not in text
    assert "orders.csv.total_usd: is USD by its name, and is read as GBP" in text
    text = look(folder, "--currency", "usd", "--write")
    assert "GBP" not in text
    assert read_rows(seeds / "properties.csv")[-1]["currency"] == "USD"


def test_costs_of_a_second_platform_are_no_orders(tmp_path: Path, look: Look) -> None:
    days = [f"2024-03-{day:02}" for day in range(1, 29)]
    google: Rows = [
        [day, name, f"{1000 + 37 * n}.50", n + 9, "EUR"]
        for n, day in enumerate(days)
        for name in ("spring", "brand")
    ]
    header = ["Day", "Campaign", "Cost", "Clicks", "Currency code"]
    write(tmp_path / "d" / "google_ads.csv", header, google)
    meta: Rows = [
        [day, "leads", 120200000001, f"{900 + 31 * n}.25", 3 * n + 7, 900 + n]
        for n, day in enumerate(days)
    ]
    header = ["Day", "Campaign name", "Campaign ID", "Amount spent (EUR)"]
    header += ["Link clicks", "Impressions"]
    write(tmp_path / "d" / "meta_ads.csv", header, meta)
    write(tmp_path / "d" / "web.csv", ["visit", "client", "ts", "channel"], visits())
    text = look(tmp_path / "d")
    assert var_in(text)["tables"] == {"sessions": "web", "ad_costs": "google_ads"}
    assert "meta_ads.csv is not read: it is ad_costs as google_ads.csv is" in text
    assert "## Costs of several ad platforms" in (
        PROJECT / "docs" / "recipes.md"
    ).read_text(encoding="utf-8")


# --- tracked or booked ---------------------------------------------------------------


def two_sides(folder: Path, first: str, second: str) -> str:
    """Write the same orders twice."""
    header = ["order_no", "client", "ts", "total"]
    write(folder / f"{first}.csv", header, orders())
    return write(folder / f"{second}.csv", header, orders()[5:])


def test_words_tell_tracked_from_booked(tmp_path: Path, look: Look) -> None:
    text = look(two_sides(tmp_path / "d", "erp_export", "ga_goals"))
    assert var_in(text)["tables"] == {
        "conversions": "ga_goals",
        "backend_conversions": "erp_export",
    }


def test_a_row_for_each_thing_ordered_is_no_order_and_no_refund(
    tmp_path: Path, look: Look
) -> None:
    rows = [[*row, row[3] + n, 0, f"thing {n}"] for row in orders() for n in range(2)]
    header = ["order number", "client", "order date", "order total"]
    header += ["item price", "refund amount", "item name"]
    write(tmp_path / "d" / "web.csv", ["visit", "client", "ts", "channel"], visits())
    text = look(write(tmp_path / "d" / "orders.csv", header, rows))
    assert "orders.csv is not read: order_number repeats, as if there were" in text
    assert "web.csv is sessions" in text


def test_booked_orders_are_among_those_to_choose_from(
    tmp_path: Path, look: Look
) -> None:
    """What else there is by that name makes no other table the booked one."""
    header = ["order_no", "client", "ts", "total"]
    write(tmp_path / "d" / "orders.csv", header, orders())
    header = ["visit", "client", "ts", "channel"]
    folder = write(tmp_path / "d" / "visits.csv", header, visits())
    assert "orders.csv is backend_conversions\n" in look(folder, "--booked", "orders")
    for other in ("visits", "nope"):
        text = look(folder, "--booked", other)
        assert "orders.csv is conversions\n" in text
        assert f"BOOKED={other} is not used: the tables of orders to choose" in text
    # of two tables that nothing tells apart none is taken
    (tmp_path / "d" / "orders.csv").rename(tmp_path / "d" / "x1.csv")
    write(tmp_path / "d" / "x2.csv", ["order_no", "client", "ts", "total"], orders())
    text = look(folder, "--booked", "visits")
    assert "tables of orders to choose from: x1.csv, x2.csv\n" in text
    assert "which of x1.csv and x2.csv holds the booked orders?" in text


def test_what_nothing_tells_is_asked(tmp_path: Path, look: Look) -> None:
    folder = two_sides(tmp_path / "d", "list_1", "list_2")
    write(tmp_path / "d" / "web.csv", ["visit", "client", "ts", "channel"], visits())
    text = look(folder)
    assert "which of list_1.csv and list_2.csv holds the booked orders?" in text
    assert var_in(text)["tables"] == {"sessions": "web"}
    text = look(folder, "--booked", "list_2")
    assert var_in(text)["tables"] == {
        "sessions": "web",
        "conversions": "list_1",
        "backend_conversions": "list_2",
    }


# --- times and amounts ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("5/3/2024 9:05", "%1/%2/%Y %H:%M"),
        ("05.03.2024 09:05:10", "%1.%2.%Y %H:%M:%S"),
        ("5-3-24", "%1-%2-%y"),
        ("3/5/2024 9:05 PM", "%1/%2/%Y %I:%M %p"),
        ("2024/03/05 09:05:10.123", "%Y/%m/%d %H:%M:%S.%f"),
        ("05 Mar 2024", "%d %b %Y"),
        ("05-March-2024T09:05+02:00", "%d-%B-%YT%H:%M%z"),
        ("5/3/2024 09:05 -0500", "%1/%2/%Y %H:%M %z"),
        ("A-3/5/2024", None),
        ("12.50", None),
    ],
)
def test_the_pattern_of_a_time(text: str, pattern: str | None) -> None:
    assert pattern_of(text) == pattern


def ordered(folder: Path, notation: str, day: Callable[[int], int]) -> str:
    """Write orders whose days are given by their number."""
    rows = [
        [row[0], row[1], START.replace(day=day(n)), row[3]]
        for n, row in enumerate(orders())
    ]
    header = ["order_no", "client", "ordered", "total"]
    return write(folder / "orders.csv", header, rows, notation)


@pytest.mark.parametrize("notation", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%y"])
def test_a_number_above_twelve_tells_day_from_month(
    tmp_path: Path, look: Look, notation: str
) -> None:
    text = look(ordered(tmp_path / "d", notation, lambda n: n % 28 + 1))
    assert f"ordered ({notation}) is converted_at" in text
    assert "days or months" not in text


def test_a_date_that_may_be_two_is_asked(
    tmp_path: Path, look: Look, seeds: Path
) -> None:
    folder = ordered(tmp_path / "d", "%m/%d/%Y", lambda n: n % 12 + 1)
    text = look(folder, "--write")
    assert "orders.csv.ordered: are days or months first" in text
    (row,) = (r for r in read_rows(seeds / "properties.csv") if r["property"] == "shop")
    formats = {r["format"] for r in read_rows(seeds / "column_mapping.csv")}
    assert row["timestamp_format"] == "" and formats == {""}
    text = look(folder, "--dates", "m/d")
    assert "ordered (%m/%d/%Y) is converted_at" in text
    assert "are days or months first" not in text


def test_the_days_of_other_tables_tell_day_from_month(
    tmp_path: Path, look: Look
) -> None:
    write(tmp_path / "d" / "web.csv", ["visit", "client", "ts", "channel"], visits())
    folder = ordered(tmp_path / "d", "%m/%d/%Y", lambda n: n % 12 + 1)
    assert "ordered (%m/%d/%Y) is converted_at" in look(folder)


@pytest.mark.parametrize(
    ("values", "written"),
    [
        (["1.234,50", "12,30", "7"], "decimal ,"),
        (["1,234.50", "12.30", "7"], "decimal ."),
        (["1234.50", "12.30", "7"], ""),
        (["1 234,50", "12,30"], "decimal ,"),
        (["12,30", "5.10", "7,20", "8,40"], "decimal , but for"),
    ],
)
def test_how_amounts_are_written(
    tmp_path: Path, look: Look, values: list[str], written: str
) -> None:
    rows = [[*row[:3], values[n % len(values)]] for n, row in enumerate(orders())]
    header = ["order_no", "client", "ts", "total"]
    text = look(write(tmp_path / "d" / "orders.csv", header, rows))
    (line,) = (x for x in text.splitlines() if x.startswith("  total "))
    assert line.split("number")[1].strip().startswith(written or str(len(set(values))))


@pytest.mark.parametrize("space", SPACES)
def test_every_space_that_the_build_takes_parts_thousands(
    tmp_path: Path, look: Look, space: str
) -> None:
    rows = [[*row[:3], f"{n + 1}{space}234,50"] for n, row in enumerate(orders())]
    header = ["order_no", "client", "ts", "total"]
    text = look(write(tmp_path / "d" / "orders.csv", header, rows))
    assert "    total (,) is revenue\n" in text


@pytest.mark.parametrize(
    ("notation", "text", "number"),
    [
        (",", "-1.234,50", "-1234.5"),
        (",", "1\u2009234\u202f567", "1234567"),
        # only groups of three are thousands
        (",", "12.50", "12.5"),
        (",", "1.23.456", None),
        (".", "+1,234.5", "1234.5"),
        (".", "1,23,456", None),
        (".", "0,125", None),
        (None, "1234.5", "1234.5"),
        (None, "1,234.5", None),
        # no amount is written so
        ("%d/%m/%Y", "1,234.5", None),
    ],
)
def test_an_amount_is_the_number_that_the_build_reads(
    notation: str | None, text: str, number: str | None
) -> None:
    column = Column("total", "VARCHAR", 1, 1, 1, notation=notation)
    ((found,),) = duckdb.execute(
        f"select {amount_sql(column)} from (select ? as total)", [text]
    ).fetchall()
    assert found == (None if number is None else Decimal(number))


@pytest.mark.parametrize("gap", [".", " "])
def test_counts_may_have_thousands(tmp_path: Path, look: Look, gap: str) -> None:
    rows: Rows = [
        [f"2024-03-{day:02}", campaign, f"{day},50", f"{day * 97:,}".replace(",", gap)]
        for day in range(1, 29)
        for campaign in ("spring", "brand")
    ]
    header = ["tag", "kampagne", "kosten", "klicks"]
    text = look(write(tmp_path / "d" / "werbekosten.csv", header, rows))
    assert "    klicks (,) is clicks\n" in text
    assert 'shop,ad_costs,klicks,clicks,","' in text
    assert "a thousand or a fraction?" not in text


@pytest.mark.parametrize("words", [("1.0", "0.0"), ("ja", "nein"), ("on", "off")])
def test_yes_and_no_are_told_in_other_words(
    tmp_path: Path, look: Look, words: tuple[str, str]
) -> None:
    rows = [[*row, words[n % 2]] for n, row in enumerate(visits())]
    header = ["visit_no", "client", "ts", "channel", "einwilligung"]
    text = look(write(tmp_path / "d" / "visits.csv", header, rows))
    assert "    einwilligung is has_consent\n" in text


@pytest.mark.parametrize("words", [("yes", "no"), ("true", "true"), ("1", "y")])
def test_yes_and_no_of_a_table_that_is_none_are_no_weights(
    tmp_path: Path, look: Look, words: tuple[str, str]
) -> None:
    write(tmp_path / "d" / "web.csv", ["visit", "user", "ts", "channel"], visits())
    write(tmp_path / "d" / "orders.csv", ["order", "user", "ts", "total"], orders())
    rows: Rows = [[f"o{n}", f"x{n % 7}", words[n % 2]] for n in range(40)]
    text = look(write(tmp_path / "d" / "options.csv", ["id", "name", "autoload"], rows))
    assert "options.csv is not read: it is like no table that counts" in text


def test_what_is_not_read_in_that_shape_is_told(tmp_path: Path, look: Look) -> None:
    rows = [
        [r[0], r[1], r[2].strftime("%Y-%m-%d"), r[2].strftime("%H:%M"), f"{r[3]} EUR"]
        for r in orders()
    ]
    header = ["order_no", "client", "day", "time", "total"]
    text = look(write(tmp_path / "d" / "orders.csv", header, rows))
    assert "orders.csv.time: times of day are not read by themselves" in text
    assert "orders.csv.total: an amount like " in text
    assert "    day is converted_at\n" in text


def test_amounts_that_hide_a_table_are_told(tmp_path: Path, look: Look) -> None:
    rows: Rows = [
        [f"2024-03-{day:02}", campaign, f"${day + 1000:,}.50", day * 97]
        for day in range(1, 29)
        for campaign in ("spring", "brand")
    ]
    header = ["Day", "Campaign", "Cost", "Clicks"]
    text = look(write(tmp_path / "d" / "report.csv", header, rows))
    (reason,) = (line for line in text.splitlines() if " is not read: " in line)
    assert "An amount like $1,0" in reason
    assert "in cost is not read; export the number alone" in reason


def test_a_row_of_totals_hides_no_table_and_is_told(tmp_path: Path, look: Look) -> None:
    rows: Rows = [[1000 + n, *row[1:]] for n, row in enumerate(orders())]
    rows += [["Total", None, None, "--"], [None, None, None, None]]
    header = ["order_no", "client", "ts", "total"]
    text = look(write(tmp_path / "d" / "orders.csv", header, rows))
    assert "    order_no is conversion_id\n" in text
    assert "orders.csv.order_no: 1 rows have none, and will be rejected" in text
    assert "orders.csv.order_no: 1 values" not in text
    assert "orders.csv.total: 1 values are written otherwise" in text
    assert "orders.csv.ts: 2 rows have none, and will be rejected" in text
    assert "orders.csv.client:" not in text


def test_negative_amounts_that_the_build_rejects_are_told(
    tmp_path: Path, look: Look
) -> None:
    sold = [[*row[:3], -row[3] if n < 2 else row[3]] for n, row in enumerate(orders())]
    header = ["order_no", "client", "ts", "total"]
    write(tmp_path / "d" / "orders.csv", header, sold)
    write(tmp_path / "d" / "invoices.csv", header, [r for r in sold if r[3] != 5])
    spent = [["spring", f"2024-03-{day:02}", f"{day - 9}.25"] for day in range(1, 29)]
    write(tmp_path / "d" / "costs.csv", ["campaign", "day", "cost"], spent)
    paid = [[row[0], "2024-05-08", "-1.234,50"] for row in orders()[:9]]
    header = ["order_no", "refunded_at", "refund_amount"]
    asked = look(write(tmp_path / "d" / "refunds.csv", header, paid))
    asked = asked.partition("To be settled")[2]
    for where, count in (("orders", 2), ("invoices", 2), ("refunds", 9)):
        column = "refund_amount" if where == "refunds" else "total"
        assert f"{where}.csv.{column}: {count} values are negative; their" in asked
    assert "Export what was paid back as a positive number\n" in asked
    assert "What was paid back belongs in refunds" in asked
    # a credit of the platform is a cost
    assert "costs.csv.cost" not in asked


def test_persons_and_other_currencies_are_told(tmp_path: Path, look: Look) -> None:
    rows = [
        [*r[:1], f"{r[1]}@mail.example", *r[2:], ("EUR", "USD")[n % 2]]
        for n, r in enumerate(orders())
    ]
    header = ["order_no", "customer_email", "ts", "total", "currency"]
    text = look(write(tmp_path / "d" / "orders.csv", header, rows))
    assert "orders.csv.customer_email: e-mail addresses would be published" in text
    assert "orders.csv.currency: 2 currencies" in text


def test_a_thousand_or_a_fraction_is_asked(tmp_path: Path, look: Look) -> None:
    rows = [[*row[:3], f"{n + 1}.{n:03}"] for n, row in enumerate(orders())]
    header = ["order_no", "client", "ts", "total"]
    text = look(write(tmp_path / "d" / "orders.csv", header, rows))
    assert "a thousand or a fraction?" in text


@pytest.mark.parametrize(
    ("units", "name"), [(1, "epoch_seconds"), (1000, "epoch_milli")]
)
def test_seconds_since_1970_are_told(
    tmp_path: Path, look: Look, units: int, name: str
) -> None:
    rows = [[*r[:2], int(r[2].timestamp()) * units, r[3]] for r in orders()]
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table sales (nr, who, at, total)")
        shop.executemany("insert into sales values (?, ?, ?, ?)", rows)
    text = look(path)
    assert f"at ({name}" in text
    assert "on which clock" not in text


def test_ids_of_ten_digits_are_no_times(tmp_path: Path, look: Look) -> None:
    rows = [[1_600_000_000 + n, *row[1:]] for n, row in enumerate(orders())]
    header = ["order_no", "client", "ts", "total"]
    text = look(write(tmp_path / "d" / "orders.csv", header, rows))
    assert "    order_no is conversion_id\n" in text


def test_the_clock_is_asked_for_and_taken(
    tmp_path: Path, look: Look, seeds: Path
) -> None:
    header = ["order_no", "client", "ts", "total_usd"]
    folder = write(tmp_path / "d" / "orders.csv", header, orders())
    assert "on which clock?" in look(folder)
    text = look(folder, "--time-zone", "America/Chicago", "--write")
    assert "on which clock?" not in text
    assert read_rows(seeds / "properties.csv")[-1] == {
        "property": "shop",
        "time_zone": "America/Chicago",
        "currency": "USD",
        "timestamp_format": "",
        "gross_margin": "",
    }
    assert "did you mean Europe/Paris?" in look(folder, "--time-zone", "Europe/Pari")


@pytest.mark.parametrize(
    ("name", "zone", "is_told"),
    [
        ("Created date (UTC)", "", True),
        ("date_created_gmt", "", True),
        ("date_created_gmt", "Z", False),
        ("date_created", "", False),
    ],
)
def test_a_time_that_is_utc_by_its_name_is_told(
    tmp_path: Path, look: Look, name: str, zone: str, is_told: bool
) -> None:
    header = ["order_no", "client", name, "total"]
    time = f"%Y-%m-%d %H:%M:%S{zone}"
    folder = write(tmp_path / "d" / "orders.csv", header, orders(), time)
    text = look(folder, "--time-zone", "Europe/Berlin")
    assert ("is UTC by its name" in text) is is_told
    assert f"    {name.lower().replace(' ', '_')} is converted_at\n" in text


# --- what is written -----------------------------------------------------------------


def test_only_the_rows_of_the_property_are_replaced(
    tmp_path: Path, look: Look, seeds: Path
) -> None:
    with (seeds / "column_mapping.csv").open("a") as file:
        file.write("shop,conversions,gone,revenue,\n*,conversions,y,revenue,\n")
    with (seeds / "properties.csv").open("a") as file:
        file.write("shop,Europe/Rome,GBP,d/m/yyyy,0.3\n")
    header = ["order_no", "client", "ts", "total"]
    folder = write(tmp_path / "d" / "orders.csv", header, orders(), "%d/%m/%Y %H:%M")
    before = [(seeds / name).read_text() for name in ("column_mapping.csv",)]
    look(folder)
    assert [(seeds / name).read_text() for name in ("column_mapping.csv",)] == before
    look(folder, "--write")
    look(folder, "--write")
    assert (seeds / "column_mapping.csv").read_text() == (
        f"{MAPPING}other,conversions,x,revenue,\n*,conversions,y,revenue,\n"
        "shop,conversions,order_no,conversion_id,\n"
        "shop,conversions,client,user_id,\n"
        "shop,conversions,ts,converted_at,\n"
        "shop,conversions,total,revenue,\n"
    )
    # what the owner said before stays
    assert (seeds / "properties.csv").read_text() == (
        f"{PROPERTIES}other,UTC,USD,,0.5\nshop,Europe/Rome,GBP,%d/%m/%Y %H:%M,0.3\n"
    )


def test_the_rows_are_printed_as_they_are_written(
    tmp_path: Path, look: Look, seeds: Path
) -> None:
    text = look(write(tmp_path / "d" / "orders.csv", ORDER, orders()), "--write")
    for name in ("column_mapping.csv", "properties.csv"):
        lines = (seeds / name).read_text().splitlines()
        written = [line for line in lines if line.startswith("shop,")]
        assert written
        assert "\n".join(["", *(f"    {line}" for line in written), ""]) in text


def test_nothing_of_the_project_is_written_by_looking(look: Look) -> None:
    mappings = PROJECT / "seeds" / "mappings"
    before = {path: path.read_bytes() for path in mappings.iterdir()}
    look(SEEDS / "afisha", "--write")
    assert {path: path.read_bytes() for path in mappings.iterdir()} == before


def test_the_command_has_names_as_they_are_written(tmp_path: Path, look: Look) -> None:
    folder = tmp_path / "l'été"
    text = look(write(folder / "Webtracking_Käufe.csv", ORDER, orders()))
    (line,) = (line for line in text.splitlines() if "make build" in line)
    assert "webtracking_käufe" in line
    # a shell hands on what the build reads
    printed = f"printf %s {line.split(' build ', 1)[1]}"
    told = subprocess.run(
        ["sh", "-c", printed], capture_output=True, check=True, encoding="utf-8"
    ).stdout
    assert yaml.safe_load(told.removeprefix("VARS="))["raw"]["shop"] == {
        "path": str(folder),
        "tables": {"conversions": "webtracking_käufe"},
    }


# --- what cannot be read -------------------------------------------------------------


def test_a_title_above_the_header_is_told(tmp_path: Path, look: Look) -> None:
    (tmp_path / "orders.csv").write_text(
        "Orders of 2024\nid,ts,total\n1,2024-01-01,3\n"
    )
    assert "the header seems to be in row 2" in look(tmp_path)


@pytest.mark.parametrize("place", ["no/such/place", "", "env:NOWHERE_DSN"])
def test_a_place_that_is_none_is_one_line(look: Look, place: str) -> None:
    text = look(place)
    assert text.count("\n") == 1


def test_a_folder_without_data_is_one_line(tmp_path: Path, look: Look) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "notes.md").write_text("nothing")
    text = look(tmp_path / "d")
    assert text.count("\n") == 1 and "holds no CSV" in text


@pytest.mark.parametrize(
    ("option", "answer", "words"),
    [
        ("separator", "\\t", "one character such as ; or the word tab."),
        ("separator", ";;", "one character such as ; or the word tab."),
        ("encoding", "utf9", "which is none. Name one such as utf-8"),
        ("encoding", "base64", "which is none. Name one such as utf-8"),
        ("encoding", "undefined", "which is none. Name one such as utf-8"),
        ("currency", "euro", "is no currency. Write its ISO code, such as EUR."),
    ],
)
def test_an_answer_that_is_none_is_one_line(
    tmp_path: Path, look: Look, option: str, answer: str, words: str
) -> None:
    header = ["order_no", "client", "ts", "total"]
    folder = write(tmp_path / "d" / "orders.csv", header, orders())
    text = look(folder, f"--{option}", answer)
    assert text.count("\n") == 1
    assert text.startswith(option.upper()) and words in text


def test_a_separator_and_an_encoding_are_answered_as_var_raw_says_them(
    tmp_path: Path, look: Look
) -> None:
    path = tmp_path / "orders.csv"
    lines = ["order_no\tclient\tts\ttotal"]
    lines += ["\t".join(map(str, row)) for row in orders()]
    path.write_text("\n".join(lines), encoding="utf-16")
    text = look(path, "--separator", "tab", "--encoding", "utf-16")
    assert "    order_no is conversion_id\n" in text
    told = var_in(text)
    assert told["separator"] == "tab" and told["encoding"] == "utf-16"


Deny = Callable[..., None]


@pytest.fixture
def deny(monkeypatch: pytest.MonkeyPatch) -> Deny:
    """Keep files and folders from being read, as the system does."""
    unguarded = {"open": Path.open, "iterdir": Path.iterdir}
    denied: set[Path] = set()

    def guarded(name: str) -> Callable:
        def tried(path: Path, *args: str, **options: str | None) -> IO | object:
            if path in denied:
                raise PermissionError(13, "Permission denied", str(path))
            return unguarded[name](path, *args, **options)

        return tried

    for name in unguarded:
        monkeypatch.setattr(Path, name, guarded(name))
    return denied.add


DENIED = "cannot be read (Permission denied). Let this user read it"


@pytest.mark.parametrize("name", ["orders.csv", "orders.parquet", "shop.db", ""])
def test_a_place_that_may_not_be_read_is_one_line(
    tmp_path: Path, look: Look, deny: Deny, name: str
) -> None:
    path = tmp_path / name
    if name:
        path.touch()
    deny(path)
    text = look(path)
    assert text.startswith(f"{path} {DENIED}") and text.count("\n") == 1


def test_what_may_not_be_read_hides_nothing_else(
    tmp_path: Path, look: Look, deny: Deny
) -> None:
    folder = tmp_path / "d"
    header = ["session_id", "user_id", "started_at", "channel"]
    write(folder / "sessions" / "1.csv", header, visits())
    write(folder / "sessions" / "2.csv", header, visits())
    header = ["conversion_id", "user_id", "converted_at", "revenue"]
    write(folder / "conversions.csv", header, orders())
    write(folder / "refunds.csv", ["a"], [])
    (folder / "journeys").mkdir()
    hidden = ("sessions/1.csv", "refunds.csv", "journeys")
    for name in hidden:
        deny(folder / name)
    text = look(folder)
    assert "  sessions is sessions\n" in text
    assert "  conversions.csv is conversions\n" in text
    for name in hidden:
        assert f"  {folder / name} {DENIED}" in text.partition("To be settled")[2]


@pytest.mark.parametrize("name", ["Sessions.tsv", "sessions/1.csv"])
def test_two_claims_to_one_table_are_told(
    tmp_path: Path, look: Look, name: str
) -> None:
    folder = tmp_path / "d"
    header = ["session_id", "user_id", "started_at", "channel"]
    write(folder / "sessions.csv", header, visits())
    # what is read only where nothing else is
    (folder / "sessions.json").write_text("{}")
    assert "claim to be" not in look(folder)
    write(folder / name, header, visits())
    asked = look(folder).partition("To be settled")[2]
    (line,) = (line for line in asked.splitlines() if "claim to be table" in line)
    for one in ("sessions.csv", name.partition("/")[0]):
        assert f" {folder / one} " in line
    assert "table sessions, which a build refuses: keep one of them" in line


@pytest.mark.parametrize("name", ["properties", "column_mapping"])
def test_a_seed_that_excel_saved_is_read_or_refused_in_one_line(
    tmp_path: Path, look: Look, seeds: Path, capsys: pytest.CaptureFixture, name: str
) -> None:
    path = seeds / f"{name}.csv"
    before = path.read_text()
    header = ["order_no", "client", "ts", "total"]
    folder = write(tmp_path / "d" / "orders.csv", header, orders())
    path.write_bytes(before.replace("\n", "\r\n").encode("utf-8-sig"))
    look(folder, "--write")
    assert path.read_text().startswith(before)
    path.write_bytes(before.replace(",", ";").encode("utf-8-sig"))
    damaged = path.read_bytes()
    told = [folder, "--property", "shop", "--mappings", str(seeds), "--write"]
    assert inspect_data.main(told) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{path}: the first line is 'property;")
    assert path.read_bytes() == damaged


def test_native_types_are_read(tmp_path: Path, look: Look) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    with duckdb.connect() as conn:
        conn.execute("create table o (nr text, who text, ts timestamptz, total double)")
        conn.executemany("insert into o values (?, ?, ?, ?)", orders())
        conn.table("o").write_parquet(str(folder / "orders.parquet"))
    text = look(folder)
    assert "    total is revenue\n" in text
    assert "on which clock" not in text


# --- names ---------------------------------------------------------------------------


def test_names_are_split_into_words() -> None:
    assert words_of("BestellNr.") == ["bestell", "nr"]
    assert words_of("Endgerät_2") == ["endgeraet", "2"]
    assert words_of("número-pedido") == ["numero", "pedido"]


def test_capitals_part_words_and_acronyms_are_whole() -> None:
    for name, words in {
        "visitID": "visit id",
        "UTMSource": "utm source",
        "landingPageURL": "landing page url",
        "ID": "id",
        "ORDER_ID": "order id",
        "URLs": "urls",
        "GA4SessionID": "ga 4 session id",
    }.items():
        assert words_of(name) == words.split()


def test_a_name_that_capitals_part_may_be_one_word() -> None:
    (user,) = (c for c in wanted_tables()["sessions"].columns if c.name == "user_id")
    assert likeness("kundenNummer", user) == likeness("kundennummer", user) > 0.7
    assert likeness("shop_kundenNummer", user) == likeness("shop_kundennummer", user)


CAMEL = ["visitRef", "shopperRef", "visitStart", "entryPageUrl", "campaignSource"]
SNAKE = ["visit_ref", "shopper_ref", "visit_start", "entry_page_url", "campaign_source"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("kind", ["csv", "sqlite", "jsonl"])
def test_capitals_part_words_as_underscores_do(
    tmp_path: Path, look: Look, seeds: Path, kind: str, encoding: str
) -> None:
    came = [
        [
            *row[:2],
            f"{row[2]}",
            f"https://shöp.example/{n % 9}",
            ("google", "bing")[n % 2],
        ]
        for n, row in enumerate(visits())
    ]
    told = []
    for folder, header in (("snake", SNAKE), ("camel", CAMEL)):
        path = tmp_path / folder / ("web.db" if kind == "sqlite" else f"web.{kind}")
        write(path, header, came)
        if kind == "csv":
            path.write_bytes(path.read_text().encode(encoding))
        elif kind == "jsonl":
            lines = [json.dumps(dict(zip(header, row, strict=True))) for row in came]
            path.write_text("\n".join(lines), encoding)
        else:
            path.unlink()
            with closing(sqlite3.connect(path)) as shop, shop:
                shop.execute(f"create table web ({', '.join(header)})")
                shop.executemany("insert into web values (?, ?, ?, ?, ?)", came)
        look(path, "--write")
        rows = read_rows(seeds / "column_mapping.csv")
        told.append({r["column_name"]: r["source_column"] for r in rows[1:]})
    snake, camel = told
    assert snake == dict(
        session_id="visit_ref",
        user_id="shopper_ref",
        started_at="visit_start",
        landing_url="entry_page_url",
        source="campaign_source",
    )
    assert camel == {name: source.replace("_", "") for name, source in snake.items()}


def test_a_name_among_other_words_is_less_like() -> None:
    revenue = next(
        c for c in wanted_tables()["conversions"].columns if c.name == "revenue"
    )
    exact, part, none = (
        likeness(name, revenue) for name in ("Total", "total_eur", "colour")
    )
    assert exact > part > none == 0


def test_every_column_of_the_contract_has_names() -> None:
    declared = declared_layouts()["contract"]
    for name, table in wanted_tables().items():
        columns = {column.name for column in table.columns}
        assert columns == set(declared[name].columns)
        assert set(table.required) == set(declared[name].required)
        for column in table.columns:
            assert likeness(column.name, column) > 0.9
