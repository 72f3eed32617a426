"""The same rows give the same marts, whatever kind of place they lie in."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from publish import publish
from support import NO_TESTS, SEEDS, Build, dbt, marts_that_differ, read_rows

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
        for row in [*rows[::-1], *[]]  # and in another order
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


@pytest.fixture(scope="module")
def all_places(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """One build with both properties of the sample in every kind of place."""
    folder = tmp_path_factory.mktemp("places")
    raw = {
        f"{site}_from_{place}": {"layout": "company_x", "path": path}
        for site in TABLES
        for place, path in write_places(folder / site, site).items()
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
