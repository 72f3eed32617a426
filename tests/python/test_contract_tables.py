"""Each table of the input contract alone, and each pair, in one build.

Every property has one or two of the tables. What can be answered from them is computed
here from the same rows; all the rest must be empty. The build runs every data test on
every one of them.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from raw_data.declared import declared_layouts
from support import PROJECT, Build, dbt

pytestmark = pytest.mark.slow

# one file a table; the backend's revenue of o2 is not the tracker's
FILES = {
    "sessions": """\
session_id,user_id,started_at,channel,campaign_id
s1,u1,2024-03-30 10:00:00,Email,
s2,u1,2024-04-02 10:00:00,Search,c1
s3,u2,2024-04-02 11:00:00,Search,c1
s4,,2024-04-03 10:00:00,Blog,
""",
    "page_views": """\
visitor_id,viewed_at,page_url
v1,2024-03-30 10:00:00,https://shop.example/?utm_source=news&utm_medium=email
v1,2024-03-30 10:29:59,https://shop.example/shoes
v1,2024-03-30 11:00:00,https://shop.example/
v2,2024-04-02 11:00:00,https://shop.example/
""",
    "conversions": """\
conversion_id,user_id,converted_at,revenue
o1,u1,2024-04-03 09:00:00,100.00
o2,u2,2024-04-02 12:00:00,20.00
o3,,2024-04-03,5.05
""",
    "backend_conversions": """\
conversion_id,user_id,converted_at,revenue
o1,u1,2024-04-03,100.00
o2,u2,2024-04-02,21.00
o4,u3,2024-04-03,7.00
""",
    "journeys": "conversion_id,session_id,weight\no1,s1,0.4\no1,s2,0.6\n",
    "ad_costs": """\
campaign_id,cost_date,cost,clicks
c1,2024-04-02,3.300001,10
c2,2024-04-02,1.1,
""",
    "refunds": """\
conversion_id,refunded_at,amount
o1,2024-04-05,4.00
o9,2024-04-05,4.00
""",
    "listings": """\
listing_id,seller_id,created_at,completed_at,sold_at,brand
l1,u7,2024-03-28 09:00:00,2024-03-28 09:12:00,2024-04-02 18:00:00,Acme
l2,u7,2024-03-28 09:00:00,,,Acme
l3,u8,2024-03-28 09:00:00,2024-03-28 09:01:00,,
""",
    "listing_events": """\
listing_id,user_id,event_at,action
l1,u1,2024-04-01 20:15:00,click
l1,u1,2024-04-01 20:15:00,click
l9,u1,2024-04-01 20:16:00,click
""",
}
# the contract's conversions and one more, in another layout that calls them so, too
OLDER_CONVERSIONS = """\
conv_id,conv_date,revenue
o1,2024-04-03,100.00
o5,2024-04-04,1.00
x,,1.00
"""
# a stock that has one of the contract's listings, and a sale of it
STOCK = {
    "ticket_listings": """\
listing_id,seller_id,event_id,quantity,price
l1,u7,e1,4,10.00
l9,u7,e1,4,10.00
""",
    "customer_sales": """\
sale_id,event_id,listing_id,sale_date,number_of_tickets,price_per_unit
t1,e1,l1,2024-04-03,1,10.00
""",
}
# both say who came
CLAIM = {"sessions", "page_views"}
CASES = [
    frozenset(tables)
    for count in (1, 2)
    for tables in itertools.combinations(FILES, count)
    if set(tables) != CLAIM
]

Amounts = dict[str, Decimal]


def name_of(tables: frozenset[str]) -> str:
    """Name the property that has these tables."""
    return "_and_".join(sorted(tables))


def rows_of(table: str, tables: frozenset[str]) -> list[dict[str, str]]:
    """Read the rows of a table; none where the property lacks it."""
    lines = FILES[table].splitlines() if table in tables else []
    return list(csv.DictReader(lines))


def counted(tables: frozenset[str]) -> dict[str, dict[str, str]]:
    """Find the conversions that count: the books' where there are books."""
    side = "backend_conversions" if "backend_conversions" in tables else "conversions"
    return {row["conversion_id"]: row for row in rows_of(side, tables)}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """Build all of them at once."""
    folder = tmp_path_factory.mktemp("contract")
    for tables in CASES:
        place = folder / name_of(tables)
        place.mkdir()
        for table in tables:
            (place / f"{table}.csv").write_text(FILES[table])
    raw: dict[str, object] = {
        name_of(tables): str(folder / name_of(tables)) for tables in CASES
    }
    older = folder / "older"
    older.mkdir()
    (older / "conversions.csv").write_text(OLDER_CONVERSIONS)
    raw["two_layouts"] = [
        {"layout": "company_x", "path": str(older)},
        str(folder / "conversions"),
    ]
    stock = folder / "stock"
    stock.mkdir()
    for table, text in STOCK.items():
        (stock / f"{table}.csv").write_text(text)
    raw["listed_twice"] = [
        {"layout": "vivid_seats", "path": str(stock)},
        str(folder / "listings"),
    ]
    yield dbt(folder / "build", "build", variables={"raw": raw})


@pytest.fixture(params=CASES, ids=name_of)
def tables(request: pytest.FixtureRequest) -> frozenset[str]:
    """Take one property after the other."""
    return request.param


def amounts(build: Build, tables: frozenset[str], sql: str) -> Amounts:
    """Ask for one amount by one key, of one property."""
    rows = build.rows(f"with asked as ({sql}) from asked")
    return {key: value for site, key, value in rows if site == name_of(tables)}


def declared() -> dict[str, dict[str, bool]]:
    """Read the tables of the contract, and which of their columns are required."""
    return {
        name: {column: column in table.required for column in table.columns}
        for name, table in declared_layouts()["contract"].items()
    }


def test_the_examples_are_those_of_the_contract() -> None:
    assert set(FILES) == set(declared())
    for table, columns in declared().items():
        header = set(FILES[table].splitlines()[0].split(","))
        required = {name for name, is_required in columns.items() if is_required}
        assert required <= header <= set(columns)


def test_the_page_on_your_data_lists_the_columns_of_the_contract() -> None:
    page = (PROJECT / "docs/your_data.md").read_text().split("## The tables")[1]
    sections = dict(re.findall(r"### (\w+)\n(.*?)(?=\n### |\Z)", page, re.S))
    assert list(sections) == list(declared())
    for table, columns in declared().items():
        rows = re.findall(r"^\| (\*\*)?(\w+)(?:\*\*)? \|", sections[table], re.M)
        assert {name: bool(bold) for bold, name in rows[1:]} == columns
        (example,) = re.findall(r"```csv\n(.*?)```", sections[table], re.S)
        header, *lines = csv.reader(example.splitlines())
        assert set(header) <= set(columns)
        assert {name for name in columns if columns[name]} <= set(header)
        assert [len(line) for line in lines] == [len(header)]


def test_every_table_and_every_pair_builds(build: Build) -> None:
    assert build.faults == {}


def test_sessions_are_those_of_the_one_table_that_tells_them(
    build: Build, tables: frozenset[str]
) -> None:
    found = amounts(
        build,
        tables,
        "select property, 'all', count(*) from marts.fct_sessions group by property",
    )
    # the second view of v1 is within half an hour of the first, the third is not
    expected = {"sessions": 4, "page_views": 3}
    told = [expected[table] for table in tables & CLAIM]
    assert found == ({"all": told[0]} if told else {})


def test_revenue_is_that_of_the_books_or_of_the_tracker(
    build: Build, tables: frozenset[str]
) -> None:
    found = amounts(
        build,
        tables,
        "select property, conversion_id, revenue from marts.fct_conversions "
        "where is_counted",
    )
    assert found == {
        key: Decimal(row["revenue"]) for key, row in counted(tables).items()
    }


def test_tables_of_one_name_add_up_over_layouts(build: Build) -> None:
    rows = build.rows(
        "select conversion_id, revenue from marts.fct_conversions "
        "where property = 'two_layouts' order by conversion_id"
    )
    assert [key for key, _ in rows] == ["o1", "o2", "o3", "o5"]
    assert sum(revenue for _, revenue in rows) == Decimal("126.05")


def test_a_listing_of_two_layouts_is_one(build: Build) -> None:
    """That of the contract, which a sale finds once; the other is rejected."""
    assert build.rows(
        "select listing_id, brand, quantity from marts.fct_listings "
        "where property = 'listed_twice' order by listing_id"
    ) == [
        ("l1", "Acme", None),
        ("l2", "Acme", None),
        ("l3", None, None),
        ("l9", None, 4),
    ]
    assert build.rows(
        "select sale_id, is_listing_known from marts.fct_sales "
        "where property = 'listed_twice'"
    ) == [("t1", True)]
    assert build.rows(
        "select raw_table, layer, reason, json_extract_string(raw_row, '$.price') "
        "from marts.fct_rejected_rows where property = 'listed_twice'"
    ) == [("ticket_listings", "intermediate", "listing_id is repeated", "10.00")]


def test_refunds_lower_the_net_or_are_rejected(
    build: Build, tables: frozenset[str]
) -> None:
    found = amounts(
        build,
        tables,
        "select property, conversion_id, net_revenue from marts.fct_conversions "
        "where is_counted",
    )
    rejected = build.rows(
        "select json_extract_string(raw_row, '$.conversion_id'), reason "
        "from marts.fct_rejected_rows where raw_table = 'refunds' "
        f"and property = '{name_of(tables)}'"
    )
    expected, refused = {}, []
    for key, row in counted(tables).items():
        expected[key] = Decimal(row["revenue"])
    for row in rows_of("refunds", tables):
        if row["conversion_id"] in expected:
            expected[row["conversion_id"]] -= Decimal(row["amount"])
        else:
            refused.append((row["conversion_id"], "conversion_id is unknown"))
    assert found == expected
    assert sorted(rejected) == sorted(refused)


def test_both_sides_are_reconciled_and_one_is_not(
    build: Build, tables: frozenset[str]
) -> None:
    found = amounts(
        build,
        tables,
        "select property, conversion_id, revenue_gap "
        "from marts.fct_conversion_reconciliation",
    )
    tracked = {r["conversion_id"]: r for r in rows_of("conversions", tables)}
    booked = {r["conversion_id"]: r for r in rows_of("backend_conversions", tables)}
    expected = {}
    if tracked and booked:
        for key in tracked | booked:
            sides = [
                Decimal(s[key]["revenue"]) if key in s else 0 for s in (booked, tracked)
            ]
            expected[key] = sides[0] - sides[1]
    assert found == expected


def test_credit_goes_to_the_last_session_or_to_none(
    build: Build, tables: frozenset[str]
) -> None:
    found = amounts(
        build,
        tables,
        "select property, channel, sum(credited_revenue) "
        "from marts.rpt_channel_attribution where date_basis = 'touch' "
        "and attribution_model = 'last_touch' group by property, channel "
        "having sum(credited_revenue) != 0",
    )
    expected: Amounts = {}
    for row in counted(tables).values():
        # a day alone ends at its last microsecond
        moment = row["converted_at"].ljust(11, " ").ljust(19, "9")
        touches = [
            (session["started_at"], session["channel"])
            for session in rows_of("sessions", tables)
            if session["user_id"] == row["user_id"] != ""
            and session["started_at"] <= moment
        ]
        channel = max(touches)[1] if touches else "(no touchpoint)"
        expected[channel] = expected.get(channel, Decimal(0)) + Decimal(row["revenue"])
    assert found == expected


def test_costs_go_to_the_channels_of_their_sessions_or_to_none(
    build: Build, tables: frozenset[str]
) -> None:
    found = amounts(
        build,
        tables,
        "select property, channel, sum(ad_cost) from marts.rpt_channel_costs "
        "where ad_cost != 0 group by property, channel",
    )
    expected: Amounts = {}
    for row in rows_of("ad_costs", tables):
        day = [
            session["channel"]
            for session in rows_of("sessions", tables)
            if session["campaign_id"] == row["campaign_id"]
            and session["started_at"].startswith(row["cost_date"])
        ]
        channel = day[0] if day else "(no session)"
        expected[channel] = expected.get(channel, Decimal(0)) + Decimal(row["cost"])
    assert found == expected


def test_journeys_without_sessions_and_conversions_are_rejected(
    build: Build, tables: frozenset[str]
) -> None:
    found = build.rows(
        "select count(*) from marts.fct_rejected_rows where raw_table = 'journeys' "
        f"and property = '{name_of(tables)}'"
    )
    assert found == [(len(rows_of("journeys", tables)),)]


def test_the_funnel_counts_listings_and_clicks(
    build: Build, tables: frozenset[str]
) -> None:
    found = build.rows(
        "select started_count, completed_count, sold_count, coalesce(click_count, 0) "
        "from marts.rpt_listing_funnel where dimension = '(all)' "
        f"and property = '{name_of(tables)}'"
    )
    listings = rows_of("listings", tables)
    counts = (
        len(listings),
        sum(bool(row["completed_at"]) for row in listings),
        sum(bool(row["sold_at"]) for row in listings),
        len(rows_of("listing_events", tables)),
    )
    assert found == ([counts] if any(counts) else [])


def test_two_tables_that_say_who_came_are_refused(tmp_path: Path) -> None:
    for table in CLAIM:
        (tmp_path / f"{table}.csv").write_text(FILES[table])
    outcome = dbt(
        tmp_path / "build", "seed", variables={"raw": {"both": str(tmp_path)}}
    ).outcome
    assert not outcome.success
    assert "sessions" in str(outcome.exception)
    assert "page_views" in str(outcome.exception)
