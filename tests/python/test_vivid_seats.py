"""Vivid Seats: nobody who bought is known behind staging; the real stock, both ways.

The seeds themselves hold the sample's addresses and telephone numbers, and so does what
dbt loads of them: schema `sample` of the working database, which is never published.
Everything else that a build leaves is read here.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import pytest

from raw_data.personal import KEY_VARIABLE
from support import (
    NO_TESTS,
    PII_KEY,
    REAL_DATA,
    SEEDS,
    Build,
    dbt,
    environment,
    read_rows,
)

SAMPLE = SEEDS / "vivid_seats"
REAL = REAL_DATA / "vivid_seats"
BY_LOT, BY_SEAT = "tsaaii_data.csv", "sagararora_table_tickets.csv"

needs_real_data = pytest.mark.skipif(
    not REAL.is_dir(), reason="no real data in vivid_seats"
)


def digits(text: str) -> str:
    """Keep the digits."""
    return "".join(filter(str.isdigit, text))


def personal_values() -> set[str]:
    """Read every name, street and telephone number of the sample."""
    sales = read_rows(SAMPLE / "customer_sales.csv")
    values = {row["name"] for row in read_rows(SAMPLE / "sellers.csv")}
    for row in sales:
        values |= {row["address"], row["address"].split(",")[0]}
        values |= {row["contact_number"], digits(row["contact_number"])}
    values.discard("")
    return values


def telling(content: bytes | str) -> set[str]:
    """Tell which personal values a text holds."""
    text = content if isinstance(content, str) else content.decode("utf-8", "replace")
    if not any(part in text for part in PARTS):
        return set()
    return {value for value in VALUES if value in text}


VALUES = personal_values()
# each of them holds one of these, which is quicker to look for
PARTS = ("Nowhere", "Invented", "+00", "00555")


def tables_that_tell(database: Path) -> tuple[set[str], list[str]]:
    """Read every table and view of a database but the seeds' own.

    Returns:
        The schemas that were read, and the tables that hold a personal value.
    """
    with duckdb.connect(str(database), read_only=True) as conn:
        names = conn.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema != 'sample' and table_catalog = current_database()"
        ).fetchall()
        found = []
        for schema, name in names:
            # looked through here: DuckDB would work a view's steps into each condition
            rows = conn.execute(
                f'select cast(row_of as varchar) from "{schema}"."{name}" as row_of'
            ).fetchall()
            if any(telling(line) for (line,) in rows):
                found.append(name)
    return {schema for schema, _ in names}, found


@pytest.fixture(scope="module")
def keyless(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the marketplace's marts and the rejected rows without a key."""
    marts = ["+fct_sales", "+dim_sellers", "+fct_rejected_rows"]
    with environment(**{KEY_VARIABLE: ""}):
        return dbt(
            tmp_path_factory.mktemp("keyless"),
            *("build", "--log-level-file", "debug", "--select", *marts, *NO_TESTS),
        )


# --- personal values -----------------------------------------------------------------


def test_the_sample_has_values_to_look_for(sample: Build) -> None:
    """And they are found where they are: in the seeds, and where dbt puts those."""
    assert len(VALUES) > 900
    seed = (SAMPLE / "customer_sales.csv").read_bytes()
    assert len(telling(seed)) > 700
    assert telling((SAMPLE / "sellers.csv").read_bytes())
    ((loaded,),) = sample.rows(
        "select string_agg(cast(sale as varchar)) from sample.customer_sales as sale"
    )
    assert len(telling(loaded)) > 700


def test_no_table_behind_the_seeds_tells_who_bought(sample: Build) -> None:
    schemas, found = tables_that_tell(sample.database)
    assert {"staging", "intermediate", "marts"} <= schemas
    assert found == []


@pytest.mark.nightly
def test_without_a_key_they_do_not_either(keyless: Build) -> None:
    assert keyless.faults == {}
    assert tables_that_tell(keyless.database)[1] == []
    assert keyless.rows(
        "select count(contact_hash), count(address_hash), count(country) > 300 "
        "from marts.fct_sales"
    ) == [(0, 0, True)]


def test_the_published_file_tells_nothing(published: Path) -> None:
    """As rows, since a database may compress them, and as bytes."""
    schemas, found = tables_that_tell(published)
    assert schemas == {"marts", "meta"}
    assert found == []
    assert telling(published.read_bytes()) == set()
    assert PII_KEY.encode() not in published.read_bytes()


@pytest.mark.nightly
def test_no_log_or_compiled_file_tells_anything(sample: Build, keyless: Build) -> None:
    """Nor the docs, which show what is in the manifest and the catalogue."""
    assert dbt(keyless.folder, "docs", "generate", "--static").outcome.success
    assert (keyless.folder / "target" / "static_index.html").is_file()
    assert (keyless.folder / "dbt.log").stat().st_size > 100_000
    for build in (sample, keyless):
        files = [
            path
            for path in build.folder.rglob("*")
            if path.is_file() and path.suffix not in (".duckdb", ".wal", ".msgpack")
        ]
        assert {"manifest.json", "run_results.json"} <= {path.name for path in files}
        content = {path: path.read_bytes() for path in files}
        assert [path for path, text in content.items() if telling(text)] == []
        key = PII_KEY.encode()
        assert [path for path, text in content.items() if key in text] == []


def test_refused_rows_are_masked(sample: Build) -> None:
    shown = [
        json.loads(text)
        for (text,) in sample.rows(
            "select raw_row from marts.fct_rejected_rows "
            "where property = 'vivid_seats' and raw_table = 'customer_sales'"
        )
    ]
    assert len(shown) == 6
    assert {(row["address"], row["contact_number"]) for row in shown} == {("***",) * 2}


def test_a_telephone_number_is_known_by_its_digits(sample: Build) -> None:
    """However it is set: 12 visitors' spellings, one hash for each number."""
    raw = {row["sale_id"]: row for row in read_rows(SAMPLE / "customer_sales.csv")}
    hashes = dict(sample.rows("select sale_id, contact_hash from marts.fct_sales"))
    assert len(hashes) == 349
    for sale, found in hashes.items():
        number = digits(raw[sale]["contact_number"]).encode()
        expected = hmac.new(PII_KEY.encode(), number, hashlib.sha256).hexdigest()[:32]
        assert found == (expected if number else None), sale


def test_visitors_who_share_a_number_are_counted(sample: Build) -> None:
    sharers = defaultdict(set)
    for row in read_rows(SAMPLE / "customer_sales.csv"):
        sharers[digits(row["contact_number"])].add(row["visitor_id"])
    del sharers[""]
    shared = [len(visitors) for visitors in sharers.values() if len(visitors) > 1]
    assert len(shared) == 2
    assert sample.rows(
        "select status, rows_affected from marts.rpt_data_quality "
        "where check_name = 'contact_number_shared'"
    ) == [("warn", sum(shared))]


# --- the real stock ------------------------------------------------------------------


@pytest.fixture(scope="module")
def stocks(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the real stock twice: by lot as it is, by seat with one column renamed."""
    folder = tmp_path_factory.mktemp("stocks")
    for place in ("lots", "seats"):
        (folder / place).mkdir()
    shutil.copy(REAL / BY_LOT, folder / "lots" / "ticket_listings.csv")
    header, _, rows = (REAL / BY_SEAT).read_bytes().partition(b"\n")
    assert header.count(b"rownum") == 1
    seats = header.replace(b"rownum", b"row") + b"\n" + rows
    (folder / "seats" / "ticket_listings.csv").write_bytes(seats)
    raw = {
        place: {"layout": "vivid_seats", "path": str(folder / place)}
        for place in ("lots", "seats")
    }
    marts = ["+fct_listings", "+dim_events", "+dim_sellers", "+rpt_listing_funnel"]
    return dbt(
        *(folder / "build", "build", "--select", *marts),
        *("--indirect-selection", "cautious"),
        *("--exclude-resource-types", "unit_test"),
        variables={"raw": raw},
    )


@needs_real_data
class TestRealData:
    """The stock by lot and the stock by seat are one stock."""

    def test_it_builds(self, stocks: Build) -> None:
        assert stocks.faults == {}

    def test_both_hold_the_same_tickets_per_event_and_section(
        self, stocks: Build
    ) -> None:
        expected: Counter[tuple[str, str]] = Counter()
        with (REAL / BY_LOT).open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                expected[row["Event_Id"], row["Section"]] += int(row["Quantity"])
        assert expected.total() == 6_341
        for place in ("lots", "seats"):
            rows = stocks.rows(
                "select event_id, section, sum(quantity) from marts.fct_listings "
                f"where property = '{place}' group by all"
            )
            actual = {(event, section): count for event, section, count in rows}
            assert actual == expected, place

    def test_no_row_is_refused_and_identical_lots_stay(self, stocks: Build) -> None:
        assert stocks.rows(
            "select property, count(*), count(distinct row_label) "
            "from marts.fct_listings group by property order by property"
        ) == [("lots", 1_533, 93), ("seats", 6_341, 93)]

    def test_labels_of_rows_stay_text(self, stocks: Build) -> None:
        labels = {
            label
            for (label,) in stocks.rows(
                "select row_label from marts.fct_listings where property = 'lots'"
            )
        }
        assert {"GA", "GA1", "MM", "7"} <= labels

    def test_events_hold_what_their_lots_do(self, stocks: Build) -> None:
        rows = stocks.rows(
            "select event_id, quantity_open, lowest_price, quantity_sold, is_announced "
            "from marts.dim_events where property = 'seats' order by event_id"
        )
        with (REAL / BY_SEAT).open(newline="", encoding="utf-8") as file:
            prices = defaultdict(list)
            for row in csv.DictReader(file):
                prices[row["event_id"]].append(int(row["price"]))
        assert rows == [
            (event, len(amounts), min(amounts), 0, False)
            for event, amounts in sorted(prices.items())
        ]
