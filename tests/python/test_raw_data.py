"""The plugin: what it makes of places that are not as they should be."""

from __future__ import annotations

import gzip
import json
import lzma
import sqlite3
import zipfile
from pathlib import Path
from typing import IO

import duckdb
import pytest

import raw_data
from raw_data import RawDataError, catalogue, declared, open_raw
from raw_data.declared import PropertySettings

CONVERSIONS = "conv_id,user_id,conv_date,market,revenue\nc1,u1,2021-07-15,GB,10.5\n"


@pytest.fixture
def conn() -> duckdb.DuckDBPyConnection:
    """Connect to an empty database."""
    return duckdb.connect()


def error_of(conn: duckdb.DuckDBPyConnection, raw: object) -> str:
    """Open raw data that must be refused; returns the words."""
    with pytest.raises(RawDataError) as caught:
        open_raw(conn, raw)
    return caught.value.msg


def opened(conn: duckdb.DuckDBPyConnection, folder: Path) -> list[tuple]:
    """Open a folder as Company X; returns its conversions."""
    open_raw(conn, {"company_x": str(folder)})
    return conn.execute(
        "select * exclude (time_zone) from raw.company_x.conversions"
    ).fetchall()


def refused(conn: duckdb.DuckDBPyConnection, raw: object, *words: str) -> None:
    """Assert that raw data is refused in one line that holds all the words."""
    message = error_of(conn, raw)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_path_that_does_not_exist(conn: duckdb.DuckDBPyConnection) -> None:
    refused(conn, {"company_x": "no/such/place"}, "company_x", "no/such/place", "exist")


def test_a_folder_with_none_of_the_tables(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    words = "company_x", str(tmp_path), "none of the tables", "session_sources"
    refused(conn, {"company_x": str(tmp_path)}, *words)


def test_a_missing_required_column_is_named_with_a_likely_one(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = CONVERSIONS.replace("conv_id", "conversion_id")
    (tmp_path / "conversions.csv").write_text(text)
    # conv_time is more alike, and known to be something else
    words = "company_x", "conversions", "no column conv_id", "map conversion_id to it"
    refused(conn, {"company_x": str(tmp_path)}, *words)


def test_a_file_that_is_no_database(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    path.write_text("not a database, but long enough to look like one")
    refused(
        conn, {"company_x": str(path)}, "company_x", str(path), "no SQLite database"
    )


def test_a_database_that_is_cut_off(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table conversions (conv_id, conv_date, revenue)")
        rows = [(f"c{number}", "2021-07-15", 1.0) for number in range(10_000)]
        shop.executemany("insert into conversions values (?, ?, ?)", rows)
    path.write_bytes(path.read_bytes()[:50])
    refused(conn, {"company_x": str(path)}, "company_x", str(path), "SQLite")


def test_a_database_without_any_of_the_tables(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table orders (id)")
    refused(conn, {"company_x": str(path)}, str(path), "none of the tables")


def test_a_database_with_bytes_that_are_no_text(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table conversions (conv_id, conv_date, revenue, logo)")
        shop.execute(
            "insert into conversions values ('c1', '2021-07-15', 1, x'ff'), "
            "(cast(x'63ff' as text), '2021-07-15', 2, null), "
            "(7.0, '2021-07-15', 3, null)"
        )
    words = "company_x", str(path), "conv_id", "conversions", "no UTF-8", "(1 rows)"
    refused(conn, {"company_x": str(path)}, *words)
    # a column that nobody reads may hold anything
    with sqlite3.connect(path) as shop:
        shop.execute("delete from conversions where conv_id != 'c1'")
    open_raw(duckdb.connect(), {"company_x": str(path)})


CONVERSIONS_TABLE = (
    "create table conversions (conv_id, user_id, conv_date, market, qty, price real, "
    "revenue real generated always as (qty * price){})"
)


@pytest.mark.parametrize("kind", ["", " stored"])
def test_generated_columns_of_a_database_are_read(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute(CONVERSIONS_TABLE.format(kind))
        shop.execute(
            "insert into conversions (conv_id, user_id, conv_date, qty, price) "
            "values ('c1', 'u1', '2021-07-15', 2, 10.5)"
        )
    open_raw(conn, {"company_x": str(path)})
    found = conn.execute(
        "select conv_id, revenue from raw.company_x.conversions"
    ).fetchall()
    assert found == [("c1", "21")]


def test_only_views_that_are_read_need_be_sound(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table conversions (conv_id, user_id, conv_date, revenue)")
        shop.execute("insert into conversions values ('c1', 'u1', '2021-07-15', 10.5)")
        shop.execute("create view old_report as select * from gone")
    assert len(opened(conn, path)) == 1
    # as dbt asks before it builds
    conn.execute("from information_schema.tables").fetchall()
    with sqlite3.connect(path) as shop:
        shop.execute("create view session_sources as select * from gone")
    refused(conn, {"company_x": str(path)}, "shop.db", "no such table: main.gone")


def test_raw_is_opened_anew_by_a_second_run_in_one_process(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    open_raw(conn, {})
    open_raw(conn, {})
    assert conn.execute("select count(*) from raw.afisha.visits").fetchall() == [(0,)]

    with duckdb.connect(str(tmp_path / "raw.duckdb")) as named_raw:
        refused(named_raw, {}, "may not be called raw.duckdb", "TRIBUTARY_DB")


def test_a_truncated_parquet_file(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "conversions.parquet"
    duckdb.sql("select 'c1' as conv_id").write_parquet(str(path))
    path.write_bytes(path.read_bytes()[:-20])
    words = "company_x", str(path), "no whole Parquet file"
    refused(conn, {"company_x": str(tmp_path)}, *words)


@pytest.mark.parametrize("name", ["shop.zip", "shop.db", "conversions.csv"])
def test_a_zip_under_whatever_name(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("conversions.csv", CONVERSIONS)
    is_table = name == "conversions.csv"
    place = tmp_path if is_table else tmp_path / name
    refused(conn, {"company_x": str(place)}, "company_x", name, "zip archive")


@pytest.mark.parametrize(
    ("packer", "packed"),
    [
        ("gzip", gzip.compress(CONVERSIONS.encode())),
        ("zstd", b"\x28\xb5\x2f\xfd\x04\x00"),
        ("xz", lzma.compress(CONVERSIONS.encode())),
    ],
    ids=["gzip", "zstd", "xz"],
)
@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_packed_file_whose_name_does_not_say_so(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    ending: str,
    packer: str,
    packed: bytes,
) -> None:
    name = f"conversions.{ending}"
    (tmp_path / name).write_bytes(packed)
    can_be_renamed = packer == "gzip" and ending != "parquet"
    advice = ", or add .gz to its name." if can_be_renamed else "Unpack it."
    words = "company_x", name, f"packed with {packer}", advice
    refused(conn, {"company_x": str(tmp_path)}, *words)


def test_a_folder_that_holds_only_a_zip(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("conversions.csv", CONVERSIONS)
    refused(conn, {"company_x": str(tmp_path)}, "export.zip", "Unpack it")


def test_an_unknown_layout(conn: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    raw = {"shop_z": {"layout": "company_z", "path": str(tmp_path)}}
    refused(conn, raw, "shop_z", "no layout is called 'company_z'", "company_x")


@pytest.mark.parametrize(
    "value", [7, None, [], [7], {"layout": "company_x"}, {"path": "x", "lay": "y"}, ""]
)
def test_a_value_that_is_no_place(
    conn: duckdb.DuckDBPyConnection, value: object
) -> None:
    refused(conn, {"company_x": value}, "company_x")


@pytest.mark.parametrize("raw", ["exports/", ["exports/"], 7])
def test_a_var_that_is_no_mapping(conn: duckdb.DuckDBPyConnection, raw: object) -> None:
    refused(conn, raw, "var raw", "must map properties to places")


def test_two_files_that_claim_to_be_one_table(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "conversions.csv").write_text(CONVERSIONS)
    (tmp_path / "Conversions.CSV").write_text(CONVERSIONS)
    refused(conn, {"company_x": str(tmp_path)}, "both", "conversions", "Keep one")


def test_two_columns_of_one_name(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = CONVERSIONS.replace("market", "Revenue")
    (tmp_path / "conversions.csv").write_text(text)
    refused(conn, {"company_x": str(tmp_path)}, "two columns", "'revenue'")


@pytest.mark.parametrize("text", ["", "\n", CONVERSIONS.splitlines()[0]])
def test_a_file_without_rows_is_an_empty_table(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, text: str
) -> None:
    (tmp_path / "conversions.csv").write_text(text)

    assert opened(conn, tmp_path) == []
    assert conn.execute("from raw.main.tables").fetchall() == [
        ("company_x", "company_x", "conversions")
    ]


def test_an_absent_table_is_an_empty_one(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "conversions.csv").write_text(CONVERSIONS)
    opened(conn, tmp_path)

    backend = conn.execute("from raw.company_x.conversions_backend")
    assert [column[0] for column in backend.description] == [
        "property",
        "time_zone",
        "conv_id",
        "user_id",
        "conv_date",
        "market",
        "revenue",
    ]
    assert backend.fetchall() == []


def test_an_absent_column_is_null_and_an_extra_one_is_left_out(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = "revenue,note,conv_date,conv_id\n1,hello,2021-07-15,c1\n"
    (tmp_path / "conversions.csv").write_text(text)

    assert opened(conn, tmp_path) == [
        ("company_x", "c1", None, "2021-07-15", None, None, "1")
    ]


def test_names_are_matched_whatever_their_case_and_spaces(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = "Conv Id; CONV_DATE ;Revenue\nc1;2021-07-15;1,5\n"
    (tmp_path / "CONVERSIONS.csv").write_text(text)

    ((_, conv_id, _, conv_date, _, _, revenue),) = opened(conn, tmp_path)
    assert (conv_id, conv_date, revenue) == ("c1", "2021-07-15", "1,5")


def test_quotes_line_breaks_and_the_other_separator_inside_a_value(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = 'conv_id,conv_date,revenue,market\n"a ""b""; c","x\ny",1,é\n'
    (tmp_path / "conversions.csv").write_text(text, encoding="utf-8")

    ((_, conv_id, _, conv_date, _, market, _),) = opened(conn, tmp_path)
    assert (conv_id, conv_date, market) == ('a "b"; c', "x\ny", "é")


def test_a_file_that_is_not_utf_8_is_read_as_latin_1(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = CONVERSIONS.replace("GB", "Genève")
    (tmp_path / "conversions.csv").write_text(text, encoding="latin-1")

    assert opened(conn, tmp_path)[0][5] == "Genève"


def test_lines_that_are_no_row_are_kept_with_what_is_wrong(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = [
        "conv_id,conv_date,revenue",
        "c1,2021-07-15,1",
        "c2,2021-07-15",
        "c3,2021-07-15,1,5",
        '"c4 "x"",2021-07-15,1',
        "c5,2021-07-15,2",
        "c6" + ",x" * 50,
    ]
    (tmp_path / "conversions.csv").write_text("\n".join(lines) + "\n")

    assert [row[1] for row in opened(conn, tmp_path)] == ["c1", "c5"]
    malformed = conn.execute("from raw.main.malformed_lines").fetchall()
    assert [(row[2], row[3]) for row in malformed] == [
        (3, lines[2]),
        (4, lines[3]),
        (5, lines[4]),
        (7, lines[6]),
    ]


def test_the_rows_of_several_places_and_files_add_up(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [CONVERSIONS.replace("c1", f"c{number}") for number in range(1, 5)]
    (tmp_path / "a" / "conversions").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "conversions" / "1.csv").write_text(rows[0])
    (tmp_path / "a" / "conversions" / "2.csv").write_text(rows[1])
    (tmp_path / "b" / "conversions.csv").write_text(rows[2])
    duckdb.sql(
        "select 'c4' as conv_id, date '2021-07-15' as conv_date, 7.25 as revenue"
    ).write_parquet(str(tmp_path / "p.parquet"))
    (tmp_path / "c").mkdir()
    (tmp_path / "p.parquet").rename(tmp_path / "c" / "conversions.parquet")

    open_raw(conn, {"company_x": [str(tmp_path / name) for name in "abc"]})

    found = conn.execute(
        "select conv_id, revenue from raw.company_x.conversions order by conv_id"
    ).fetchall()
    assert found == [("c1", "10.5"), ("c2", "10.5"), ("c3", "10.5"), ("c4", "7.25")]


def test_the_column_mapping_renames(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mapping = tmp_path / "column_mapping.csv"
    mapping.write_text(
        "property,raw_table,source_column,column_name\n"
        "*,conversions,Total,revenue\n"
        "company_x,conversions,Grand Total,revenue\n"
    )
    monkeypatch.setattr(declared, "COLUMN_MAPPING", str(mapping))
    folder = tmp_path / "raw"
    folder.mkdir()
    text = "conv_id,conv_date,total,grand total\nc1,2021-07-15,1,2\n"
    (folder / "conversions.csv").write_text(text)

    assert opened(conn, folder)[0][-1] == "2"


def test_a_column_mapping_to_nowhere_is_refused(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mapping = tmp_path / "column_mapping.csv"
    mapping.write_text(
        "property,raw_table,source_column,column_name\n*,conversions,total,turnover\n"
    )
    monkeypatch.setattr(declared, "COLUMN_MAPPING", str(mapping))
    (tmp_path / "conversions.csv").write_text(CONVERSIONS)
    refused(conn, {"company_x": str(tmp_path)}, "turnover", "conversions")


def test_quotes_in_names_and_paths_are_only_text(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = tmp_path / "it's"
    folder.mkdir()
    text = 'conv_id,conv_date,revenue,"""x"" y\'"\nc1,2021-07-15,1,z\n'
    (folder / "conversions.csv").write_text(text)

    open_raw(conn, {"o'brien": {"layout": "company_x", "path": str(folder)}})

    found = conn.execute("select property, conv_id from raw.company_x.conversions")
    assert found.fetchall() == [("o'brien", "c1")]


def test_the_profile_hands_over_the_var_as_json() -> None:
    plugin = raw_data.Plugin("raw_data", {"raw": json.dumps({"company_x": "x/"})})
    assert plugin.raw == {"company_x": "x/"}


# --- what lies in a folder -----------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("conversions.csv", "conversions.parquet"),
        ("conversions.csv", "conversions.tsv"),
        ("conversions.csv", "conversions/"),
        ("conversions/", "Conversions/"),
    ],
)
def test_two_places_of_one_table(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, first: str, second: str
) -> None:
    for name in (first, second):
        path = tmp_path / name
        if name.endswith("/"):
            path.mkdir()
            path = path / "1.csv"
        path.write_text(CONVERSIONS)
    words = "both", first.rstrip("/"), second.rstrip("/"), "Keep one"
    refused(conn, {"company_x": str(tmp_path)}, *words)


def test_a_tab_separated_file_may_say_so_in_its_name(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = CONVERSIONS.replace(",", "\t")
    (tmp_path / "conversions.tsv").write_text(text)
    assert len(opened(conn, tmp_path)) == 1


@pytest.mark.parametrize("name", ["conversions.csv", "conversions.parquet"])
def test_a_folder_with_the_name_of_a_file(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "part-0.csv").write_text(CONVERSIONS)
    words = name, "folder with the name of a file", "conversions/"
    refused(conn, {"company_x": str(tmp_path)}, *words)


def test_a_table_folder_without_files(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "conversions").mkdir()
    (tmp_path / "conversions" / "_SUCCESS").touch()
    refused(conn, {"company_x": str(tmp_path)}, "conversions", "holds no CSV")


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet", ".jsonl"])
@pytest.mark.parametrize("name", ["conversions", "conversions/2021"])
def test_a_link_to_nowhere(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, ending: str
) -> None:
    link = tmp_path / f"{name}{ending}"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "gone")
    words = f"{link} cannot be read (No such file or directory)", "Let this user"
    refused(conn, {"company_x": str(tmp_path)}, *words)


@pytest.mark.parametrize("name", ["conversions.csv", "conversions.parquet", "shop.db"])
def test_a_file_that_may_not_be_read(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    path = tmp_path / name
    path.touch()

    unguarded = Path.open

    def guarded(opened: Path, *args: str, **options: str | None) -> IO:
        if opened == path:
            raise PermissionError(13, "Permission denied", str(opened))
        return unguarded(opened, *args, **options)

    monkeypatch.setattr(Path, "open", guarded)
    words = f"{path} cannot be read (Permission denied)", "Let this user"
    refused(conn, {"company_x": str(path)}, *words)


def test_a_folder_that_may_not_be_read(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", denied)
    words = f"{tmp_path} cannot be read (Permission denied)", "company_x"
    refused(conn, {"company_x": str(tmp_path)}, *words)


@pytest.mark.parametrize(
    "name", ["2021/", "2.csv.zst", "2.xlsx", "2.csv.xz", "2.pq", "2"]
)
def test_a_table_folder_with_something_that_cannot_be_read(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "conversions"
    folder.mkdir()
    (folder / "1.csv").write_text(CONVERSIONS)
    (folder / name).mkdir() if name.endswith("/") else (folder / name).touch()
    words = name.rstrip("/"), "where a CSV or Parquet file is expected"
    refused(conn, {"company_x": str(tmp_path)}, *words)


@pytest.mark.parametrize(
    "name",
    [
        *("conversions.csv.zst", "Conversions.xlsx", "conversions.csv.xz"),
        *("conversions.2021.pq", "conversions"),
    ],
)
def test_a_table_that_is_there_and_cannot_be_read(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    (tmp_path / "session_sources.csv").write_text("")
    (tmp_path / name).touch()
    words = name, "where a CSV or Parquet file is expected", "Unpack or export", ".csv"
    refused(conn, {"company_x": str(tmp_path)}, *words)


def test_what_lies_beside_a_table_does_not_matter(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "conversions").mkdir()
    (tmp_path / "conversions" / "1.csv").write_text(CONVERSIONS)
    (tmp_path / "conversions" / ".2.csv.swp").touch()
    for name in ("README.md", "_SUCCESS", "_metadata", ".DS_Store", ".part-0.crc"):
        (tmp_path / "conversions" / name).touch()
    for name in ("conversions.xlsx", "conversions.old.csv", "conversions.md", "notes"):
        (tmp_path / name).touch()
    assert len(opened(conn, tmp_path)) == 1


def test_two_sqlite_tables_of_one_name(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table session_costs (session_id, cost)")
        shop.execute('create table "session costs" (session_id, cost)')
    words = "both", "'session costs'", "'session_costs'", "Rename or drop"
    refused(conn, {"company_x": str(path)}, *words)


def test_an_instant_in_a_file_is_brought_to_the_clock_of_the_property(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"company_x": PropertySettings("Europe/Paris")}
    monkeypatch.setattr(catalogue, "property_settings", lambda _: known)
    duckdb.sql(
        "select 'c1' as conv_id, '2021-07-03' as conv_date, 1 as revenue, "
        "timestamptz '2021-07-03 04:05:06+00' as conv_time"
    ).write_parquet(str(tmp_path / "conversions.parquet"))
    conn.execute("set timezone = 'America/New_York'")
    opened(conn, tmp_path)
    found = conn.execute("select conv_time::text from raw.company_x.conversions")
    assert found.fetchall() == [("2021-07-03 06:05:06",)]
