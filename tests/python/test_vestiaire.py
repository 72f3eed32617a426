"""Vestiaire: the real files as they are, beside a reading of them in plain Python."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from collections import Counter
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest

from support import PROJECT, REAL_DATA, Build, Row, dbt

REAL = REAL_DATA / "vestiaire"
GENERATOR = PROJECT / "scripts" / "generate_sample.py"
# the file of clicks is called after what it holds, a table by its file
FILES = {
    "listings": "listings.csv",
    "brands": "brands.csv",
    "category": "category.csv",
    "clicks": "clicks_unsubmitted.csv",
}
ENCODINGS = {"brands": "latin-1"}
MEASURES = ("started_count", "completed_count", "sold_count", "click_count")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.is_dir(), reason="no real data in vestiaire"),
]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the real files, the listings alone, and generated files like the real."""
    folder = tmp_path_factory.mktemp("fashion")
    for name in ("real", "alone"):
        (folder / name).mkdir()
    shutil.copy(REAL / "listings.csv", folder / "alone")
    for table, name in FILES.items():
        shutil.copy(REAL / name, folder / "real" / f"{table}.csv")
    options = "--scale", "full", "--vestiaire", str(folder / "made")
    subprocess.run([sys.executable, GENERATOR, *options], check=True)
    raw = {
        name: {"layout": "vestiaire", "path": str(folder / name)}
        for name in ("real", "alone", "made")
    }
    return dbt(folder / "build", "build", variables={"raw": raw})


@pytest.fixture(scope="module")
def tables() -> dict[str, list[Row]]:
    """Read the real files in plain Python."""
    return {
        table: list(csv.DictReader(io.StringIO(text_of(table, name), newline="")))
        for table, name in FILES.items()
    }


def text_of(table: str, name: str) -> str:
    """Decode a real file, without its NUL bytes."""
    content = (REAL / name).read_bytes()
    return content.decode(ENCODINGS.get(table, "utf-8")).replace("\0", "")


def at(text: str) -> datetime | None:
    """Read an instant of a listing."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ") if text else None


def names(rows: list[Row], key: str, name: str) -> dict[str, str]:
    """Give the name of each id, without outer spaces."""
    return {row[key]: row[name].strip() for row in rows if row[key]}


def expected_funnel(
    tables: dict[str, list[Row]], dimension: str
) -> dict[str, tuple[int, ...]]:
    """Count the funnel of the real files by a dimension."""
    brands = names(tables["brands"], "ID_BRAND", "BRAND")
    categories = names(tables["category"], "ID_CATEGORY", "CATEGORY")
    values = {
        row["ID"]: {
            "(all)": "(all)",
            "brand": brands.get(row["ID_BRAND"], "(unknown)"),
            "category": categories.get(row["ID_CATEGORY"], "(unknown)"),
        }[dimension]
        for row in tables["listings"]
    }
    counts: dict[str, Counter[str]] = {value: Counter() for value in values.values()}
    for row in tables["listings"]:
        count = counts[values[row["ID"]]]
        count["started_count"] += 1
        count["completed_count"] += bool(row["DATE_COMPLETED"])
        count["sold_count"] += bool(row["DATE_SOLD"])
    for row in tables["clicks"]:
        counts[values[row["ID_PRODUCT"]]]["click_count"] += 1
    return {
        value: tuple(count[measure] for measure in MEASURES)
        for value, count in counts.items()
    }


def test_they_build(shops: Build) -> None:
    assert shops.faults == {}


def test_no_listing_and_no_click_is_lost(
    shops: Build, tables: dict[str, list[Row]]
) -> None:
    listings = shops.rows(
        "select listing_id, seller_id from marts.fct_listings where property = 'real'"
    )
    clicks = shops.rows(
        "select listing_id, user_id, event_at, action, label "
        "from marts.fct_listing_events where property = 'real'"
    )
    assert len(listings) == 3_042
    assert len({seller for _, seller in listings}) == 1_166
    assert Counter(listings) == Counter(
        (row["ID"], row["ID_CUSTOMER"]) for row in tables["listings"]
    )
    assert len(clicks) == 8_841
    assert Counter(clicks) == Counter(
        (
            row["ID_PRODUCT"],
            row["ID_USER"],
            datetime.fromisoformat(row["DATETIME_SESSION"]),
            row["EVENT_ACTION"].strip() or None,
            row["EVENT_LABEL"].strip() or None,
        )
        for row in tables["clicks"]
    )


def test_each_listing_has_its_names_and_times(
    shops: Build, tables: dict[str, list[Row]]
) -> None:
    brands = names(tables["brands"], "ID_BRAND", "BRAND")
    categories = names(tables["category"], "ID_CATEGORY", "CATEGORY")
    rows = shops.rows(
        "select listing_id, brand, category, created_at, completed_at, sold_at, status "
        "from marts.fct_listings where property = 'real'"
    )
    assert set(rows) == {
        (
            row["ID"],
            brands[row["ID_BRAND"]],
            categories[row["ID_CATEGORY"]],
            at(row["DATE_CREATED"]),
            at(row["DATE_COMPLETED"]),
            at(row["DATE_SOLD"]),
            "sold"
            if row["DATE_SOLD"]
            else "completed"
            if row["DATE_COMPLETED"]
            else "started",
        )
        for row in tables["listings"]
    }
    assert "Hermès" in {brand for _, brand, *_ in rows}


def test_time_runs_forwards_or_is_unknown(
    shops: Build, tables: dict[str, list[Row]]
) -> None:
    rows = shops.rows(
        "select listing_id, minutes_to_complete, days_to_sell "
        "from marts.fct_listings where property = 'real'"
    )
    durations = {key: (minutes, days) for key, minutes, days in rows}
    backwards = 0
    for row in tables["listings"]:
        created, completed, sold = (
            at(row[column])
            for column in ("DATE_CREATED", "DATE_COMPLETED", "DATE_SOLD")
        )
        minutes = days = None
        if completed and completed < created:
            backwards += 1
        elif completed:
            seconds = Decimal((completed - created).total_seconds())
            minutes = (seconds / 60).quantize(Decimal("1e-6"), ROUND_HALF_UP)
        if sold and completed:
            seconds = Decimal((sold - completed).total_seconds())
            days = (seconds / 86_400).quantize(Decimal("1e-6"), ROUND_HALF_UP)
        assert durations[row["ID"]] == (minutes, days)
    assert backwards == 4


@pytest.mark.parametrize("dimension", ["(all)", "brand", "category"])
def test_the_funnel_is_that_of_an_independent_reading(
    shops: Build, tables: dict[str, list[Row]], dimension: str
) -> None:
    rows = shops.rows(
        f"select dimension_value, {', '.join(MEASURES)} from marts.rpt_listing_funnel "
        f"where property = 'real' and dimension = '{dimension}'"
    )
    assert {value: tuple(counts) for value, *counts in rows} == expected_funnel(
        tables, dimension
    )


def test_the_funnel_in_figures(shops: Build) -> None:
    """As `awk` counts them in the files."""
    rows = shops.rows(
        "select * exclude (property, dimension) from marts.rpt_listing_funnel "
        "where property = 'real' and dimension_value in ('(all)', 'Hermès') order by 1"
    )
    assert rows == [
        ("(all)", 3_042, 2_598, 441, 8_841, None, None, None),
        ("Hermès", 95, 89, 12, 135, None, None, None),
    ]


def test_only_the_empty_row_is_refused(shops: Build) -> None:
    rows = shops.rows(
        "select property, raw_table, reason, raw_row from marts.fct_rejected_rows "
        "order by property"
    )
    assert [(*row[:3], json.loads(row[3])) for row in rows] == [
        (
            name,
            "category",
            "the row is empty",
            {"id_category": None, "category": None},
        )
        for name in ("made", "real")
    ]


def test_what_is_odd_about_them_is_said(shops: Build) -> None:
    rows = shops.rows(
        "select check_name, rows_checked, rows_affected, amount_affected "
        "from marts.rpt_data_quality where property = 'real' and status != 'ok'"
    )
    assert {name: figures for name, *figures in rows} == {
        "category_name_repeated": [20, 10, 0],
        "listing_completed_before_start": [3_042, 4, 0],
        "nul_bytes_removed": [4, 1, 2],
        "rejected_rows": [3_042 + 12_679 + 21 + 8_841, 1, 0],
    }


def test_the_generated_files_have_the_real_size_and_dirt(shops: Build) -> None:
    assert shops.rows(
        "select count(*), count(distinct seller_id), count(brand), count(category) "
        "from marts.fct_listings where property = 'made'"
    ) == [(3_042, 1_166, 3_042, 3_042)]
    assert shops.rows(
        "select raw_table, encoding, nul_byte_count from staging.stg_raw__files "
        "where property = 'made' and (encoding != 'utf-8' or nul_byte_count > 0)"
    ) == [("brands", "latin-1", 2)]
    assert shops.rows(
        "select count(*) from marts.fct_listing_events where property = 'made'"
    ) == [(8_841,)]


def test_marts_of_what_it_does_not_have_are_empty(shops: Build) -> None:
    for mart in ("fct_sessions", "fct_conversions", "rpt_channel_costs"):
        assert shops.rows(f"select * from marts.{mart}") == [], mart


def test_no_listing_is_lost_to_a_missing_table(shops: Build) -> None:
    """Without brands, categories and clicks; and nothing is invented for them."""
    assert shops.rows(
        "select * exclude (property) from marts.rpt_listing_funnel "
        "where property = 'alone'"
    ) == [("(all)", "(all)", 3_042, 2_598, 441, None, None, None, None)]
