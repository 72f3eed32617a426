"""Raw tables written as Parquet: what they hold, and the var that reads them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

import raw_parquet
from support import SEEDS


def write_place(folder: Path) -> Path:
    """Write a shop's sessions as CSV, a name not quite that of the contract."""
    folder.mkdir()
    (folder / "sessions.csv").write_text(
        "Session ID;started_at;user_id\ns1;2024-01-05 10:15;u1\n"
    )
    return folder


def test_tables_become_text_in_a_folder_for_each_layout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line is the var that reads them."""
    place = write_place(tmp_path / "exports")
    target = tmp_path / "parquet"
    read = {"raw": {"shop": str(place)}}

    assert raw_parquet.main(["--vars", json.dumps(read), "--", str(target)]) == 0

    path = target / "shop" / "contract"
    rows = duckdb.sql(
        f"select session_id, started_at, user_agent from '{path}/sessions.parquet'"
    ).fetchall()
    assert rows == [("s1", "2024-01-05 10:15", None)]
    places = {"raw": {"shop": [{"layout": "contract", "path": str(path)}]}}
    assert capsys.readouterr().out == f"make spark VARS='{json.dumps(places)}'\n"


def test_personal_columns_are_left_out(tmp_path: Path) -> None:
    place = {"layout": "vivid_seats", "path": str(SEEDS / "vivid_seats")}

    raw_parquet.write_tables({"shop": place}, tmp_path)

    file = tmp_path / "shop" / "vivid_seats" / "customer_sales.parquet"
    names = {row[0] for row in duckdb.sql(f"describe from '{file}'").fetchall()}
    assert "price_per_unit" in names
    assert not names & {"address", "contact_number"}


def test_a_place_that_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read = json.dumps({"raw": {"shop": str(tmp_path / "nowhere")}})

    assert raw_parquet.main(["--vars", read, "--", str(tmp_path / "out")]) == 1
    assert raw_parquet.main(["--", str(tmp_path / "out")]) == 2

    first, second = capsys.readouterr().err.splitlines()
    assert "nowhere" in first
    assert "VARS" in second
