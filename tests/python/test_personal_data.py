"""Columns tagged `pii`: hashed under a key, masked where they are refused.

In a copy of the project in which the market of a conversion is tagged too; the columns
that are personal in the sample are looked for in test_vivid_seats.py.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from raw_data import open_raw
from raw_data.personal import KEY_VARIABLE
from support import PROJECT, copied_project

pytestmark = pytest.mark.slow

KEY = "Schluesselblume-4711"
PLANTED = ("Geheimgasse 1", "Verborgener Weg 2", "Stille Str. 3", "Am Busch 4")
SOURCES = "models/staging/company_x/_company_x__sources.yml"
BASE = "models/staging/company_x/base/base_company_x__conversions.sql"


def hashed(value: str, key: str = KEY) -> str:
    """Hash a value by the standard library."""
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()[:32]


# --- the function --------------------------------------------------------------------


def pii_hash(value: str | None) -> str | None:
    """Hash a value by the plugin, on a cursor as dbt's threads have them."""
    with duckdb.connect() as conn:
        open_raw(conn, {})
        sql = "select raw.main.pii_hash(?)"
        return conn.cursor().execute(sql, [value]).fetchall()[0][0]


@pytest.mark.parametrize("key", ["k", KEY, "ä" * 32, "x" * 64, "x" * 65, "it's; --"])
@pytest.mark.parametrize("value", ["", "+33 1 23", "Hermès", "x" * 200, "it's\n"])
def test_the_hash_is_an_hmac(
    monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    assert pii_hash(value) == hashed(value, key)
    assert pii_hash(None) is None


def test_without_a_key_there_is_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert pii_hash("+33 1 23") is None
    monkeypatch.setenv(KEY_VARIABLE, "")
    assert pii_hash("+33 1 23") is None


def test_a_number_is_hashed_as_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with duckdb.connect() as conn:
        open_raw(conn, {})
        found = conn.execute("select raw.main.pii_hash(4711::bigint)").fetchall()
    assert found == [(hashed("4711"),)]


def test_neither_the_key_nor_what_it_hides_is_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with duckdb.connect() as conn:
        open_raw(conn, {})
        for listing in ("functions", "tables", "views", "databases", "settings"):
            assert KEY not in str(conn.execute(f"from duckdb_{listing}()").fetchall())


# --- a project with a tagged column --------------------------------------------------


def tagged_project(folder: Path) -> Path:
    """Copy the project, with the market of a conversion personal."""
    copied_project(folder)
    shutil.copytree(PROJECT / "raw_data", folder / "raw_data")
    sources = yaml.safe_load((folder / SOURCES).read_text())
    (table,) = (
        t for t in sources["sources"][0]["tables"] if t["name"] == "conversions"
    )
    (column,) = (c for c in table["columns"] if c["name"] == "market")
    column["config"] = {"tags": ["pii"]}
    (folder / SOURCES).write_text(yaml.safe_dump(sources, sort_keys=False))
    base = (folder / BASE).read_text()
    # the step that types the raw columns is the first to name it
    before, after = "        market,", "        {{ pii_hash('market') }} as market,"
    assert before in base
    (folder / BASE).write_text(base.replace(before, after, 1))
    return folder


def build(project: Path, variables: str, key: str | None) -> Path:
    """Build a copied project in a process of its own; returns its database."""
    database = project / "build.duckdb"
    environment = {k: v for k, v in os.environ.items() if k != KEY_VARIABLE}
    environment |= {"PYTHONPATH": str(project), "TRIBUTARY_DB": str(database)}
    environment |= {KEY_VARIABLE: key} if key else {}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--debug", "build"),
            *("--vars", variables, "--exclude-resource-type", "unit_test"),
            *("--select", "+fct_rejected_rows", "+fct_conversions"),
            *("--indirect-selection", "cautious"),
        ],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )
    (project / "output.txt").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout[-2000:]
    return database


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from files with planted values; returns the project folder."""
    project = tagged_project(tmp_path_factory.mktemp("tagged"))
    raw = tmp_path_factory.mktemp("planted")
    lines = [
        "conv_id,user_id,conv_date,market,revenue",
        f"c1,u1,2021-07-15,{PLANTED[0]},1.00",
        # refused in intermediate: the same id under another user
        f"c1,u2,2021-07-15,{PLANTED[1]},1.00",
        # refused in staging: its revenue, and no market at all
        f"c2,u1,2021-07-15,{PLANTED[2]},much",
        "c3,u1,2021-07-15,,much",
        # no row: an address with a comma of its own, and one with a quote
        f"c4,u1,2021-07-15,{PLANTED[3]}, Hinterhaus,1.00",
        f'c5,u1,2021-07-15,"{PLANTED[3]} "Hof"",1.00',
    ]
    (raw / "conversions.csv").write_text("\n".join(lines) + "\n")
    build(project, f"{{raw: {{company_x: '{raw}'}}}}", KEY)
    return project


def rows(project: Path, sql: str) -> list[tuple]:
    """Ask the database of a copied project."""
    with duckdb.connect(str(project / "build.duckdb"), read_only=True) as conn:
        return conn.execute(sql).fetchall()


def test_a_personal_value_is_its_hash(planted: Path) -> None:
    found = rows(planted, "select conversion_id, market from marts.fct_conversions")
    assert found == [("c1", hashed(PLANTED[0]))]


def test_refused_rows_are_masked(planted: Path) -> None:
    found = rows(
        planted,
        "select layer, reason, coalesce(raw_row ->> '$.conv_id', raw_row ->> '$.line'),"
        " raw_row ->> '$.market' from marts.fct_rejected_rows order by all",
    )
    assert found == [
        # made anew from what is staged
        ("intermediate", "conversion_id is repeated", "c1", hashed(PLANTED[1])),
        ("staging", "revenue is not an amount", "c2", "***"),
        ("staging", "revenue is not an amount", "c3", None),
        ("staging", "the line is no row: too many columns", "***", None),
        ("staging", "the line is no row: unquoted value", "***", None),
    ]


def test_no_planted_value_and_no_key_is_in_any_file(planted: Path) -> None:
    """Read as bytes, and the database by its rows too, since it may compress them."""
    files = [path for path in planted.rglob("*") if path.is_file()]
    assert {"manifest.json", "dbt.log", "build.duckdb"} <= {path.name for path in files}
    secrets = [value.encode() for value in (KEY, *PLANTED)]
    telling = [p for p in files if any(value in p.read_bytes() for value in secrets)]
    assert telling == []
    tables = rows(
        planted,
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = 'build'",
    )
    assert ("staging", "base_company_x__conversions") in tables
    for schema, table in tables:
        content = str(rows(planted, f'from "{schema}"."{table}"'))
        assert [value for value in (KEY, *PLANTED) if value in content] == [], table


@pytest.mark.nightly
def test_the_sample_is_masked_as_well(tmp_path: Path) -> None:
    project = tagged_project(tmp_path)
    build(project, "{}", None)

    markets = rows(
        project, "select distinct market from staging.stg_company_x__conversions"
    )
    assert markets == [(None,)]
    shown = rows(
        project,
        "select distinct raw_row ->> '$.market' from marts.fct_rejected_rows "
        "where raw_table = 'conversions' and property like 'company_x%' order by all",
    )
    assert ("***",) in shown
    assert set(shown) <= {("***",), (None,)}
