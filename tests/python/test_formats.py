"""The same rows give the same marts, whatever kind of place they lie in."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from publish import publish
from support import (
    NO_TESTS,
    SEEDS,
    Build,
    Row,
    dbt,
    marts_that_differ,
    read_rows,
    write_rows,
)

pytestmark = pytest.mark.slow

TABLES = {
    "company_x": (
        "session_sources",
        "conversions",
        "conversions_backend",
        "api_adwords_costs",
        "attribution_customer_journey",
    ),
    "company_x_2023": ("session_sources", "conversions", "session_costs"),
}
PLACES = ("csv", "excel_csv", "parquet", "sqlite", "two_places")
COPIED_ROWS = 100
ORDERS = ("forwards", "backwards")


def seed_file(site: str, table: str) -> Path:
    """Find the seed that holds a raw table of a property."""
    prefix = f"{site}__" if site == "company_x_2023" else ""
    return SEEDS / site / f"{prefix}{table}.csv"


def write_places(folder: Path, site: str) -> dict[str, object]:
    """Write the sample of a property in every kind of place; returns their paths."""
    for place in ("csv", "excel_csv", "parquet", "first", "second"):
        (folder / place).mkdir(parents=True)
    with sqlite3.connect(folder / "shop.db") as shop:
        for table in TABLES[site]:
            source = seed_file(site, table)
            lines = source.read_text().splitlines(keepends=True)
            (folder / "csv" / source.name.split("__")[-1]).write_text("".join(lines))
            write_excel_csv(folder / "excel_csv" / f"{table.upper()}.csv", source)
            duckdb.sql(f"from read_csv('{source}', all_varchar = true)").write_parquet(
                str(folder / "parquet" / f"{table}.parquet")
            )
            write_sqlite(shop, table, source)
            half = len(lines) // 2
            first, second = lines[:half], lines[:1] + lines[half:]
            (folder / "first" / f"{table}.csv").write_text("".join(first))
            (folder / "second" / f"{table}.csv").write_text("".join(second))
    return {
        "csv": str(folder / "csv"),
        "excel_csv": str(folder / "excel_csv"),
        "parquet": str(folder / "parquet"),
        "sqlite": str(folder / "shop.db"),
        "two_places": [str(folder / "first"), str(folder / "second")],
    }


def write_excel_csv(path: Path, source: Path) -> None:
    """Write a file the way a spreadsheet does: BOM, `;`, CRLF, quotes, loud names."""
    rows = read_rows(source)
    header = ";".join(f'"{name.upper().replace("_", " ")}"' for name in rows[0])
    lines = [
        ";".join(f'"{value}"' for value in row.values())
        for row in rows[::-1]  # and in another order
    ]
    text = "\r\n".join([header, *lines, ""])
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())


def write_sqlite(shop: sqlite3.Connection, table: str, source: Path) -> None:
    """Write a table whose numbers are numbers, but for the odd text among them."""
    rows = read_rows(source)
    columns = ", ".join(
        f"{name} {'real' if name in {'revenue', 'cost', 'cpc', 'ihc'} else 'text'}"
        for name in rows[0]
    )
    shop.execute(f"create table {table} ({columns})")
    marks = ", ".join("?" for _ in rows[0])
    values = [[value or None for value in row.values()] for row in rows]
    shop.executemany(f"insert into {table} values ({marks})", values)


def write_copies(folder: Path, site: str) -> dict[str, str]:
    """Write rows twice each, in two spellings; and the same from the last to the first.

    Returns:
        The paths by the order that rows have there.
    """
    for table in TABLES[site]:
        rows = read_rows(seed_file(site, table))[:COPIED_ROWS]
        copies = [spelling for row in rows for spelling in (row, respelt(row))]
        write_rows(folder / "forwards" / f"{table}.csv", copies)
        write_rows(folder / "backwards" / f"{table}.csv", copies[::-1])
    return {order: str(folder / order) for order in ORDERS}


def respelt(row: Row) -> Row:
    """Spell a row so that it is the same as soon as it is read."""
    return {name: f"{value} " if value else value for name, value in row.items()}


@pytest.fixture(scope="module")
def all_places(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """One build with both properties in every kind of place, and with copied rows."""
    folder = tmp_path_factory.mktemp("places")
    raw = {
        f"{site}_from_{place}": {"layout": "company_x", "path": path}
        for site in TABLES
        for place, path in write_places(folder / site, site).items()
    } | {
        f"{site}_{order}": {"layout": "company_x", "path": path}
        for site in TABLES
        for order, path in write_copies(folder / f"{site}_copied", site).items()
    }
    return dbt(folder / "build", "build", *NO_TESTS, variables={"raw": raw})


@pytest.fixture(scope="module")
def published_places(
    all_places: Build, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Publish that build."""
    path = tmp_path_factory.mktemp("published_places") / "places.duckdb"
    publish(all_places.database, path, all_places.manifest)
    return path


def test_every_place_builds(all_places: Build) -> None:
    assert all_places.faults == {}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("site", TABLES)
def test_a_place_gives_the_marts_of_the_seeds(
    published: Path, published_places: Path, site: str, place: str
) -> None:
    name = f"{site}_from_{place}"
    assert marts_that_differ(published, published_places, site, name) == []


@pytest.mark.parametrize("site", TABLES)
def test_of_two_spellings_of_a_row_the_same_is_refused_in_any_order(
    all_places: Build, site: str
) -> None:
    forwards, backwards = (
        all_places.rows(
            "select raw_table, reason, raw_row from marts.fct_rejected_rows "
            f"where property = '{site}_{order}' order by all"
        )
        for order in ORDERS
    )
    refused = {table for table, reason, _ in forwards if reason.endswith("is repeated")}
    # a bill may come twice
    assert refused == set(TABLES[site]) - {"api_adwords_costs"}
    assert forwards == backwards
