"""The plugin: places of several layouts, tables of other names, times and amounts."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pytest

from raw_data import RawDataError, catalogue, declared, open_raw
from raw_data.declared import RawTable, declared_layouts
from raw_data.formats import checked_format, pattern_of_letters
from support import PROJECT

HEADER = "order_id,booked_at,booked_date,total,note"
ORDER = f"{HEADER}\no1,2024-03-05 10:15:00,2024-03-05,10.5,hello\n"
MAPPING = "property,raw_table,source_column,column_name"
PROPERTIES = "property,time_zone,currency,timestamp_format,gross_margin"


def table(layout: str, name: str, claims: str | None = None, **types: str) -> RawTable:
    """Declare a table whose first column is required."""
    columns = tuple(types)
    return RawTable(
        layout=layout,
        name=name,
        columns=columns,
        required=frozenset(columns[:1]),
        pii=frozenset(),
        types={column: kind for column, kind in types.items() if kind != "text"},
        claims=claims,
    )


ORDER_TYPES = {
    "order_id": "text",
    "booked_at": "timestamp",
    "booked_date": "date",
    "total": "amount",
}
LAYOUTS = {
    "contract": {
        "orders": table("contract", "orders", "backend", **ORDER_TYPES),
        "visits": table("contract", "visits", "sessions", visit_id="text", at="text"),
        "views": table("contract", "views", "sessions", view_id="text"),
    },
    "nested": {
        "events": table("nested", "events", "sessions", event="text", items="text"),
    },
    "shop_export": {
        "orders": table("shop_export", "orders", "backend", order_id="text", sum="text")
    },
}


@pytest.fixture
def conn(monkeypatch: pytest.MonkeyPatch) -> duckdb.DuckDBPyConnection:
    """Connect to an empty database; the layouts are Company X's and small ones."""
    known = {"company_x": declared_layouts()["company_x"]} | LAYOUTS
    monkeypatch.setattr(catalogue, "declared_layouts", lambda: known)
    return duckdb.connect()


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put empty seeds in place of the project's."""
    folder = tmp_path / "seeds"
    folder.mkdir()
    for name, header in (("COLUMN_MAPPING", MAPPING), ("PROPERTIES", PROPERTIES)):
        path = folder / f"{name.lower()}.csv"
        path.write_text(f"{header}\n")
        monkeypatch.setattr(declared, name, str(path))
    return folder


def is_shop(seeds: Path, time_zone: str = "UTC", timestamp_format: str = "") -> None:
    """Say what property `shop` is."""
    (seeds / "properties.csv").write_text(
        f'{PROPERTIES}\nshop,{time_zone},EUR,"{timestamp_format}",\n'
    )


def maps(seeds: Path, *rows: str, header: str = MAPPING) -> None:
    """Write a column mapping."""
    (seeds / "column_mapping.csv").write_text("\n".join([header, *rows, ""]))


def folder_of(root: Path, **texts: str) -> str:
    """Make a folder with a CSV file for each table."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (root / f"{name}.csv").write_text(text)
    return str(root)


def orders(
    conn: duckdb.DuckDBPyConnection, shop: object, columns: str = "order_id"
) -> list[tuple[Any, ...]]:
    """Open property `shop`; returns columns of its orders."""
    open_raw(conn, {"shop": shop})
    return conn.execute(
        f"select {columns} from raw.contract.orders order by all"
    ).fetchall()


def order_with(
    conn: duckdb.DuckDBPyConnection, folder: Path, column: str, value: str, **told: str
) -> str:
    """Open one order whose column has a value; returns what the view makes of it."""
    quoted = '"' + value.replace('"', '""') + '"'
    path = folder_of(folder, orders=f"order_id,{column}\no1,{quoted}\n")
    ((found,),) = orders(conn, {"path": path, **told}, column)
    return found


def refused(conn: duckdb.DuckDBPyConnection, raw: object, *words: str) -> None:
    """Assert that raw data is refused in one line that holds all the words."""
    with pytest.raises(RawDataError) as caught:
        open_raw(duckdb.connect(), raw)
    message = caught.value.msg
    assert "\n" not in message
    for word in words:
        assert word in message


# --- layouts and places --------------------------------------------------------------


def test_a_property_of_any_name_is_read_in_the_contract(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert orders(conn, folder_of(tmp_path, orders=ORDER)) == [("o1",)]


def test_a_folder_of_an_export_of_one_table_has_a_file_for_each_day(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Unless one is named after the table: then the others are something else."""
    days = {"day_1": "event\nclick\n", "day_2": "event\nview\n"}
    place = {"layout": "nested", "path": folder_of(tmp_path, **days)}
    open_raw(conn, {"shop": place})
    assert conn.execute(
        "select event from raw.nested.events order by event"
    ).fetchall() == [("click",), ("view",)]
    folder_of(tmp_path, events="event\nbuy\n")
    with duckdb.connect() as other:
        open_raw(other, {"shop": place})
        assert other.execute("select event from raw.nested.events").fetchall() == [
            ("buy",)
        ]


def test_each_place_of_a_property_may_have_its_layout(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    contract = folder_of(tmp_path / "a", orders=ORDER)
    nested = folder_of(tmp_path / "b", events="event,items\nclick,3\n")
    company = folder_of(
        tmp_path / "c", conversions="conv_id,conv_date,revenue\nc1,2021-07-15,1\n"
    )
    open_raw(
        conn,
        {
            "shop": [
                contract,
                {"layout": "nested", "path": nested},
                {"layout": "company_x", "path": [company]},
            ]
        },
    )
    assert conn.execute("from raw.main.tables order by all").fetchall() == [
        ("shop", "company_x", "conversions"),
        ("shop", "contract", "orders"),
        ("shop", "nested", "events"),
    ]
    assert conn.execute(
        "select raw_table, place_number from raw.main.files order by all"
    ).fetchall() == [("conversions", 3), ("events", 2), ("orders", 1)]


def test_a_place_in_a_list_that_is_none_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = folder_of(tmp_path, orders=ORDER)
    refused(conn, {"shop": [path, {"layout": "nested"}]}, "shop", "`path`")
    refused(conn, {"shop": [path, [path]]}, "shop", "must name a folder")


def test_two_tables_that_both_say_what_was_booked(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    one = folder_of(tmp_path / "a", orders=ORDER)
    other = folder_of(tmp_path / "b", orders="order_id,sum\no1,3\n")
    words = "contract.orders and shop_export.orders", "what was booked", "Keep one"
    both = [one, {"layout": "shop_export", "path": other}]
    refused(conn, {"shop": both}, "shop", *words)


def test_two_tables_that_both_say_who_came(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = folder_of(tmp_path, visits="visit_id\nv\n", views="view_id\nv\n")
    refused(conn, {"shop": path}, "contract.visits and contract.views", "who came")
    open_raw(duckdb.connect(), {"shop": {"path": path, "tables": {"views": None}}})


REAL = declared_layouts()


def place_of(root: Path, layout: str, *tables: str) -> dict[str, str]:
    """Make a place with tables of one of the project's own layouts, without rows."""
    headers = {
        name: ",".join(sorted(REAL[layout][name].required)) + "\n" for name in tables
    }
    return {"layout": layout, "path": folder_of(root / layout, **headers)}


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("who came", {"company_x": "session_sources", "contract": "sessions"}),
        ("who came", {"afisha": "visits", "company_x": "session_sources"}),
        ("who came", {"afisha": "visits", "contract": "page_views"}),
        ("who came", {"afisha": "visits", "ga4": "events"}),
        (
            "what was booked",
            {"company_x": "conversions_backend", "contract": "backend_conversions"},
        ),
        ("what was booked", {"company_x": "conversions_backend", "shopify": "orders"}),
    ],
)
def test_tables_of_two_layouts_that_say_the_same(
    tmp_path: Path, words: str, places: dict[str, str]
) -> None:
    one, other = (place_of(tmp_path, *place) for place in places.items())
    names = " and ".join(f"{layout}.{name}" for layout, name in places.items())
    with pytest.raises(RawDataError, match=rf"shop: {names} both say {words}\."):
        open_raw(duckdb.connect(), {"shop": [one, other]})
    open_raw(duckdb.connect(), {"shop": [one, one], "other_shop": other})


def test_tables_of_one_layout_that_complete_each_other(tmp_path: Path) -> None:
    traffic = "indirect_traffic", "direct_traffic"
    place = place_of(tmp_path, "vivid_seats", *traffic)
    with duckdb.connect() as conn:
        open_raw(conn, {"shop": place})
        opened = conn.execute("select raw_table from raw.main.tables order by all")
        assert opened.fetchall() == [("direct_traffic",), ("indirect_traffic",)]


def test_two_properties_may_each_have_their_books(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    one = folder_of(tmp_path / "a", orders=ORDER)
    other = folder_of(tmp_path / "b", orders="order_id,sum\no1,3\n")
    open_raw(conn, {"x": [one, one], "y": {"layout": "shop_export", "path": other}})
    assert len(conn.execute("from raw.contract.orders").fetchall()) == 2


# --- names of tables -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["Web Orders 2024", "web_orders_2024.CSV"])
def test_a_file_may_have_another_name_than_its_table(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    folder = folder_of(tmp_path, **{"Web Orders 2024": ORDER})
    told = {"path": folder, "tables": {"orders": name}}
    assert orders(conn, told) == [("o1",)]


def test_a_table_of_a_database_may_have_another_name(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute('create table "Orders 2024" (order_id, total)')
        shop.execute("insert into \"Orders 2024\" values ('o1', 3)")
    told = {"path": str(path), "tables": {"orders": "orders 2024"}}
    assert orders(conn, told, "order_id, total") == [("o1", "3")]


def test_one_file_may_be_two_tables(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, log="order_id,visit_id\no1,v1\n")
    tables = {"orders": "log", "visits": "log"}
    assert orders(conn, {"path": folder, "tables": tables}) == [("o1",)]
    assert conn.execute("select visit_id from raw.contract.visits").fetchall() == [
        ("v1",)
    ]


def test_a_name_that_no_file_has_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, orders_2024=ORDER)
    told = {"path": folder, "tables": {"orders": "orders_2042"}}
    words = "shop", "table orders is 'orders_2042'", "did you mean orders_2024?"
    refused(conn, {"shop": told}, *words)


def test_a_name_that_no_table_of_a_database_has_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table bookings (order_id)")
    told = {"path": str(path), "tables": {"orders": "booking"}}
    refused(conn, {"shop": told}, "'booking'", "did you mean bookings?")


@pytest.mark.parametrize("tables", [{"order": "x"}, ["orders"], {"orders": 7}, "x"])
def test_tables_that_are_none_are_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, tables: object
) -> None:
    folder = folder_of(tmp_path, orders=ORDER)
    refused(conn, {"shop": {"path": folder, "tables": tables}}, "shop", "table")


def test_two_files_of_the_name_that_the_var_gives(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path, web=ORDER)
    (tmp_path / "WEB.tsv").write_text(ORDER)
    told = {"path": folder, "tables": {"orders": "web"}}
    refused(conn, {"shop": told}, "both", "web.csv", "WEB.tsv", "to be table orders")


@pytest.mark.parametrize(
    "told", [{"tables": {"orders": "web_2024"}}, {"layout": "shop_export"}]
)
def test_one_file_may_be_a_place(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, told: dict[str, Any]
) -> None:
    folder_of(tmp_path, web_2024=ORDER)
    open_raw(conn, {"shop": {"path": str(tmp_path / "web_2024.csv"), **told}})
    layout = told.get("layout", "contract")
    found = conn.execute(f"select order_id from raw.{layout}.orders").fetchall()
    assert found == [("o1",)]


def test_one_file_with_the_name_of_a_table_may_be_a_place(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder_of(tmp_path, Orders=ORDER)
    assert orders(conn, str(tmp_path / "Orders.csv")) == [("o1",)]


def test_one_file_that_may_be_any_table_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    folder_of(tmp_path, web=ORDER)
    path = str(tmp_path / "web.csv")
    refused(conn, {"shop": path}, path, "any table", "tables: {…: web}")
    told = {"path": path, "tables": {"orders": "other"}}
    refused(conn, {"shop": told}, "'other'", "web.csv")


# --- JSON lines and gzip -------------------------------------------------------------

RECORDS = [
    {"event": "007", "items": [{"id": 1, "name": "é"}], "extra": {"a": None}},
    {"event": 18446744073709551615, "items": None},
    {"items": [], "event": "x\ny"},
]
READ = [
    ("007", '[{"id":1,"name":"é"}]'),
    ("18446744073709551615", None),
    ("x\ny", "[]"),
]


@pytest.mark.parametrize("name", ["events.jsonl", "Events.ndjson.gz", "events.json"])
def test_json_lines_are_read_as_text(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in RECORDS)
    packed = gzip.compress(text.encode()) if name.endswith("gz") else text.encode()
    (tmp_path / name).write_bytes(packed)
    open_raw(conn, {"shop": {"layout": "nested", "path": str(tmp_path)}})
    assert conn.execute("select event, items from raw.nested.events").fetchall() == READ
    ignored = conn.execute("from raw.main.ignored_columns").fetchall()
    assert ignored == [("shop", "nested", "events", "extra")]


def test_a_field_without_a_name_is_left_out(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "events.jsonl").write_text('{"event": "e1", "": "nothing"}')
    open_raw(conn, {"shop": {"layout": "nested", "path": str(tmp_path)}})
    assert conn.execute("select event from raw.nested.events").fetchall() == [("e1",)]


def test_an_array_of_records_is_read_too(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "events.json"
    path.write_text(json.dumps(RECORDS, indent=1, ensure_ascii=False))
    open_raw(conn, {"shop": {"layout": "nested", "path": str(path)}})
    found = conn.execute("select event from raw.nested.events").fetchall()
    assert found == [(row[0],) for row in READ]


def events_of(
    conn: duckdb.DuckDBPyConnection, path: Path
) -> tuple[list[str | None], list[tuple]]:
    """Open a file of events; returns the events and the malformed lines."""
    open_raw(conn, {"shop": {"layout": "nested", "path": str(path)}})
    events = conn.execute("select event from raw.nested.events").fetchall()
    malformed = conn.execute(
        "select line_number, line, problem from raw.main.malformed_lines"
    ).fetchall()
    return [event for (event,) in events], malformed


def test_lines_that_are_no_record_are_kept_with_what_is_wrong(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "a"}\n{"event": \n\n[1]\n5\n{"event": "b"}\n')
    events, malformed = events_of(conn, path)
    assert events == ["a", "b"]
    assert malformed == [
        (2, '{"event": ', "it is not JSON"),
        (4, "[1]", "it is JSON, but no record"),
        (5, "5", "it is JSON, but no record"),
    ]


@pytest.mark.parametrize("bad", [[], ["not JSON"]])
@pytest.mark.parametrize(
    "line",
    [
        "{}",
        '{"event": null}',
        '{"event": "b",}',
        '{"event": "\\ud83d"}',
        '{"event": "b"}{"event": "c"}',
        '{"event": "b", "event": "c"}',
        "null",
    ],
)
def test_a_line_is_a_row_or_malformed_whatever_the_others_are(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, line: str, bad: list[str]
) -> None:
    path = tmp_path / "events.jsonl"
    lines = ['{"event": "a"}', line, *bad, '{"event": "z"}']
    path.write_text("\n".join(lines))
    events, malformed = events_of(conn, path)
    assert events[0] == "a"
    assert events[-1] == "z"
    assert len(events) + len(malformed) == len(lines)


@pytest.mark.parametrize("bad", ["", "not JSON\n"])
@pytest.mark.parametrize("written", ["utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_json_is_decoded_like_csv(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, written: str, bad: str
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(f'{{"event": "a"}}\n{bad}{{"event": "é"}}\n', encoding=written)
    events, malformed = events_of(conn, path)
    assert events == ["a", "é"]
    assert len(malformed) == bool(bad)


def test_an_array_of_records_may_have_a_mark(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "events.json"
    path.write_text('[{"event": "a"}, {"event": "é"}]', encoding="utf-8-sig")
    assert events_of(conn, path) == (["a", "é"], [])


def test_records_without_a_field_are_rows(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n[]\n")
    events, malformed = events_of(conn, path)
    assert events == [None]
    assert malformed == [(2, "[]", "it is JSON, but no record")]


def test_elements_of_an_array_that_are_no_record_are_malformed(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "events.json"
    path.write_text('[3, null, {"event":\n"a"}, {}]')
    events, malformed = events_of(conn, path)
    assert events == ["a", None]
    problem = "it is JSON, but no record"
    assert malformed == [(None, "3", problem), (None, "null", problem)]


def test_a_clean_file_of_json_lines_is_read_where_it_lies(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "é"}\n{}\n', encoding="utf-8")
    for copying in ("copied", "name_of_copy"):
        monkeypatch.setattr(f"raw_data.json_lines.{copying}", None)
    assert events_of(conn, path) == (["é", None], [])


@pytest.mark.parametrize("name", ["events.json", "events.json.gz"])
@pytest.mark.parametrize(
    "text",
    [
        *('[{"event": 1}, {"eve', '[{"event": 1}', '[{"event": 1},', "["),
        *('[{"event": 1},\n{"event": 2},\n', '[{"event": [1]}, [2], '),
    ],
)
def test_an_array_that_breaks_off_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, text: str, name: str
) -> None:
    packed = gzip.compress(text.encode()) if name.endswith("gz") else text.encode()
    (tmp_path / name).write_bytes(packed)
    raw = {"shop": {"layout": "nested", "path": str(tmp_path / name)}}
    refused(conn, raw, name, "neither lines of JSON records nor an array")


@pytest.mark.parametrize("text", ['[{"event": "a"}]', '[{"event":"a"}\n]\r\n \n'])
def test_an_array_may_end_with_blanks(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "events.json"
    path.write_text(text)
    assert events_of(conn, path) == (["a"], [])


def test_nested_columns_of_parquet_are_json(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    duckdb.sql(
        "select 'a' as event, [{'key': 'k', 'value': {'n': 1}}] as items"
    ).write_parquet(str(tmp_path / "events.parquet"))
    open_raw(conn, {"shop": {"layout": "nested", "path": str(tmp_path)}})
    assert conn.execute("select items from raw.nested.events").fetchall() == [
        ('[{"key":"k","value":{"n":1}}]',)
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1001::bigint", "1001"),
        ("1001::double", "1001"),
        ("1001.5::double", "1001.5"),
        ("9007199254740991::double", "9007199254740991"),
        ("1e16::double", "1e+16"),
        ("'NaN'::double", None),
        ("'Infinity'::double", "inf"),
        ("1001::float", "1001"),
        ("'NaN'::float", None),
        ("encode('Łódź')", "Łódź"),
        ("'\\xFF'::blob", "\\xFF"),
    ],
)
def test_an_id_of_parquet_is_one_text_in_whatever_type(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, value: str, text: str | None
) -> None:
    (tmp_path / "events").mkdir()
    duckdb.sql(f"select {value} as event").write_parquet(
        str(tmp_path / "events/1.parquet")
    )
    (tmp_path / "events/2.csv").write_text("event\nb\n", encoding="utf-8")
    events, _ = events_of(conn, tmp_path)
    assert set(events) == {text, "b"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1000.0", "1000"),
        ('"1000.0"', "1000.0"),
        ("1e3", "1000"),
        ("-7.0", "-7"),
        ("1000.5", "1000.5"),
        # all digits of an integer are there, but not those of a fraction
        ("9007199254740993", "9007199254740993"),
        ("123456789012345678901234", "123456789012345678901234"),
        ("1e19", "1e+19"),
        ("NaN", None),
        ("-nan", None),
        ('"NaN"', "NaN"),
        # no amount, which its row says
        ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"),
        ('"a\\"b\\u00e9"', 'a"bé'),
        ("true", "true"),
        ("[1.0]", "[1.0]"),
        ('{"a":"1.0"}', '{"a":"1.0"}'),
        ("null", None),
    ],
)
@pytest.mark.parametrize("others", [[], ['"x"', "2.5"]], ids=["alone", "mixed"])
def test_an_id_of_json_is_one_text_in_whatever_type(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    value: str,
    text: str | None,
    others: list[str],
) -> None:
    """A column of ids becomes fractions in pandas as soon as one is missing."""
    lines = [f'{{"event": {event}}}\n' for event in [value, *others]]
    (tmp_path / "events.jsonl").write_text("".join(lines))
    events, _ = events_of(conn, tmp_path)
    assert events == [text, *(other.strip('"') for other in others)]


@pytest.mark.parametrize(
    ("data_type", "value", "text"),
    [
        ("float", 1000.0, "1000"),
        ("float", 1000, "1000"),
        ("real", -7.0, "-7"),
        ("", 1000.0, "1000"),
        ("", 1000.5, "1000.5"),
        ("", "1000.0", "1000.0"),
        ("text", "1000.0", "1000.0"),
        ("varchar(9)", "1000.0", "1000.0"),
        ("integer", 1000.0, "1000"),
        ("integer", 9007199254740993, "9007199254740993"),
        ("float", float("nan"), None),
        # no amount, which its row says
        ("float", float("inf"), "Inf"),
    ],
)
def test_an_id_of_sqlite_is_one_text_in_whatever_type(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    data_type: str,
    value: object,
    text: str | None,
) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute(f"create table orders (order_id {data_type}, total)")
        shop.executemany("insert into orders values (?, 3)", [(value,), (None,)])
    assert set(orders(conn, str(path))) == {(text,), (None,)}


def test_an_id_of_sqlite_beside_texts_is_one_text(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """What a view declares is so for its first select alone."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute("create table one (order_id text)")
        shop.execute("create table other (order_id real)")
        shop.execute("insert into one values ('v1.0'), ('.0')")
        shop.execute("insert into other values (1000)")
        shop.execute(
            "create view orders as select order_id from one "
            "union all select order_id from other"
        )
    assert orders(conn, str(path)) == [(".0",), ("1000",), ("v1.0",)]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_a_packed_csv_file_is_read(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, encoding: str
) -> None:
    text = ORDER.replace("o1", "é1") + "short\n"
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(text.encode(encoding)))
    assert orders(conn, str(tmp_path)) == [("é1",)]
    lines = conn.execute("select line_number, line from raw.main.malformed_lines")
    assert lines.fetchall() == [(3, "short")]


def events_file(path: Path, event: str) -> None:
    """Write a file with one event by its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        # a name that is no pattern, since the writer is not what is tested
        plain = path.with_name("plain.parquet")
        duckdb.sql(f"select '{event}' as event").write_parquet(str(plain))
        plain.rename(path)
        return
    is_json = ".json" in path.name.lower()
    text = f'{{"event": "{event}"}}\n' if is_json else f"event\n{event}\n"
    is_gzip = path.suffix.lower() == ".gz"
    path.write_bytes(gzip.compress(text.encode()) if is_gzip else text.encode())


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("folder", ["shop", "exp[2]ort?*"])
def test_a_file_name_is_no_pattern(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, folder: str, ending: str
) -> None:
    names = ["part1", "part[1]", "part*", "part?"]
    for name in names:
        events_file(tmp_path / folder / f"events/{name}{ending}", name)
    events, _ = events_of(conn, tmp_path / folder)
    assert sorted(events) == sorted(names)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_folder_name_is_no_column(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, ending: str
) -> None:
    events_file(tmp_path / f"event=all/events{ending}", "e1")
    assert events_of(conn, tmp_path / "event=all") == (["e1"], [])


@pytest.mark.parametrize("ending", [".csv.gz", ".CSV.GZ", ".jsonl.gz", ".JSONL.Gz"])
def test_an_ending_has_any_case(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, ending: str
) -> None:
    events_file(tmp_path / f"events{ending}", "e1")
    assert events_of(conn, tmp_path) == (["e1"], [])


def test_a_packed_file_that_breaks_off_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    packed = gzip.compress((ORDER * 99).encode())
    (tmp_path / "orders.csv.gz").write_bytes(packed[:-9])
    refused(conn, {"shop": str(tmp_path)}, "orders.csv.gz", "no whole gzip file")


@pytest.mark.parametrize("name", ["orders.csv.gz", "orders.json"])
def test_beside_a_table_its_archive_or_schema_may_lie(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"neither")
    assert orders(conn, folder_of(tmp_path, orders=ORDER)) == [("o1",)]


# --- what is noted -------------------------------------------------------------------


def test_columns_that_are_not_declared_are_noted_once(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    maps(seeds, "shop,orders,Note,total")
    first = folder_of(tmp_path / "a", orders=ORDER)
    second = folder_of(tmp_path / "b", orders="order_id,Gift Wrap,note\no2,1,2\n")
    open_raw(conn, {"shop": [first, second]})
    assert conn.execute("from raw.main.ignored_columns").fetchall() == [
        ("shop", "contract", "orders", "gift_wrap"),
        ("shop", "contract", "orders", "total"),
    ]


def test_every_view_tells_the_time_zone(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    is_shop(seeds, "Europe/Paris")
    path = folder_of(tmp_path / "raw", orders=ORDER)
    open_raw(conn, {"shop": path, "other": path})
    found = conn.execute("select property, time_zone from raw.contract.orders")
    assert sorted(found.fetchall()) == [("other", "UTC"), ("shop", "Europe/Paris")]
    absent = conn.execute("select time_zone from raw.contract.visits")
    assert absent.fetchall() == []


# --- the column mapping --------------------------------------------------------------


def test_a_mapping_means_the_table_of_the_property_s_layout(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    maps(seeds, "*,orders,id,order_id", "shop,orders,grand,sum")
    path = folder_of(tmp_path / "raw", orders="id,grand\no1,3\n")
    open_raw(conn, {"shop": {"layout": "shop_export", "path": path}})
    found = conn.execute("select order_id, sum from raw.shop_export.orders").fetchall()
    assert found == [("o1", "3")]


def test_a_mapping_from_a_column_that_is_not_there(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    maps(seeds, "shop,orders,Grand Totl,total")
    text = "order_id,grand_total\no1,3\n"
    path = folder_of(tmp_path / "raw", orders=text)
    words = "shop", "'grand_totl'", "orders", "did you mean grand_total?"
    refused(conn, {"shop": path}, *words)


def test_a_mapping_from_a_column_that_some_place_has(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    maps(seeds, "shop,orders,grand,total", "*,orders,nowhere,total")
    one = folder_of(tmp_path / "a", orders="order_id,total\no1,1\n")
    other = folder_of(tmp_path / "b", orders="order_id,grand\no2,2\n")
    found = orders(conn, [one, other], "order_id, total")
    assert found == [("o1", "1"), ("o2", "2")]


def test_a_mapping_of_another_property_or_an_absent_table_is_left_alone(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    maps(seeds, "other,orders,nowhere,total", "shop,visits,nowhere,at")
    assert orders(conn, folder_of(tmp_path / "raw", orders=ORDER)) == [("o1",)]


# --- a title above the header --------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "row"),
    [("Orders of 2024\n", 2), ("Orders;;of 2024\n\nexported today\n", 4)],
)
def test_a_title_above_the_header_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path, above: str, row: int
) -> None:
    maps(seeds, "shop,orders,Order No,order_id")
    text = f"{above}Order No,total\no1,3\n"
    path = folder_of(tmp_path / "raw", orders=text)
    words = "first row", "looks like a title", f"header seems to be in row {row}"
    refused(conn, {"shop": path}, "shop", "orders.csv", *words)


def test_a_title_is_known_before_any_column_is_mapped(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    text = 'Order report\n"1 March 2024 - 2 March 2024"\nNo,Total,Day\no1,3,4\n'
    path = folder_of(tmp_path / "report", orders=text)
    words = "looks like a title", "header seems to be in row 3. Remove the rows above"
    refused(conn, {"shop": path}, "shop", "orders.csv", *words)

    # one column and nothing wider below is what the file has
    path = folder_of(tmp_path / "column", orders="No\no1\no2\n")
    refused(conn, {"shop": path}, "no column order_id", "it has no")


def test_a_row_that_is_no_header_is_not_taken_for_one(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = folder_of(tmp_path, orders="order no,total\no1,3\n")
    refused(conn, {"shop": path}, "no column order_id", "map order_no to it")


# --- times ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notation", "column", "value", "expected"),
    [
        ("%d/%m/%Y %H:%M", "booked_at", "5/3/2024 9:05", "2024-03-05 09:05:00"),
        ("%d/%m/%Y %H:%M", "booked_at", " 05/03/2024 09:05:10", "2024-03-05 09:05:10"),
        ("%d/%m/%Y %H:%M", "booked_date", "05/03/2024", "2024-03-05"),
        ("d/m/yyyy", "booked_at", "5/3/2024 09:05", "2024-03-05 09:05:00"),
        ("d/m/yyyy", "booked_date", "5/3/2024", "2024-03-05"),
        (
            "m/d/yyyy hh:mm AM/PM",
            "booked_at",
            "3/5/2024 9:05 PM",
            "2024-03-05 21:05:00",
        ),
        (
            "dd.mm.yyyy hh:mm:ss",
            "booked_at",
            "05.03.2024 09:05:10",
            "2024-03-05 09:05:10",
        ),
        ("MM/dd/yyyy HH:mm", "booked_at", "03/05/2024 09:05", "2024-03-05 09:05:00"),
        ("d/m/yyyy hh:mm", "booked_at", "3/5/2024 09:05Z", "3/5/2024 09:05Z"),
        (
            "%d/%m/%Y %H:%M %z",
            "booked_at",
            "5/3/2024 09:05 +0200",
            "2024-03-05 07:05:00+00:00",
        ),
        (
            "%d/%m/%YT%H:%M%z",
            "booked_at",
            "5/3/2024T09:05Z",
            "2024-03-05 09:05:00+00:00",
        ),
        (
            "%d/%m/%Y %H:%M %z",
            "booked_date",
            "5/3/2024 23:30 +0000",
            "2024-03-06 00:30:00",
        ),
        ("epoch_seconds", "booked_at", "1709633700", "2024-03-05 10:15:00+00:00"),
        ("epoch", "booked_at", "1709633700.25", "2024-03-05 10:15:00.25+00:00"),
        ("unix", "booked_at", "1709633700.0", "2024-03-05 10:15:00+00:00"),
        ("epoch_ms", "booked_at", "1709633700123", "2024-03-05 10:15:00.123+00:00"),
        ("epoch_s", "booked_date", "1709681400", "2024-03-06 00:30:00"),
        ("epoch_s", "booked_at", "1709633700123", "1709633700123"),
        ("epoch_s", "booked_at", "-5", "-5"),
        ("epoch_s", "booked_at", "soon", "soon"),
        ("d/m/yyyy", "booked_at", "31/2/2024", "31/2/2024"),
        ("d/m/yyyy", "booked_at", "2/31/2024", "2/31/2024"),
        ("d/m/yyyy", "booked_at", "2024-03-05 10:00:00", "2024-03-05 10:00:00"),
        ("", "booked_date", "2024-03-05T23:30:00Z", "2024-03-06 00:30:00"),
        ("", "booked_date", "2024-03-05 23:30:00+0000", "2024-03-06 00:30:00"),
        ("", "booked_date", "2024-03-05 23:30:00", "2024-03-05 23:30:00"),
        ("", "booked_at", "2024-03-05T23:30:00Z", "2024-03-05T23:30:00Z"),
        ("iso", "booked_at", "5/3/2024", "5/3/2024"),
        ("", "booked_at", "1709633700", "1709633700"),
        ("d/m/yyyy", "total", "5/3/2024", "5/3/2024"),
    ],
)
def test_times_are_brought_to_iso(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    seeds: Path,
    notation: str,
    column: str,
    value: str,
    expected: str,
) -> None:
    is_shop(seeds, "Europe/Paris", notation)
    assert order_with(conn, tmp_path / "raw", column, value) == expected


def test_a_column_may_have_its_own_notation(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    is_shop(seeds, "UTC", "d/m/yyyy")
    maps(
        seeds,
        "shop,orders,when,booked_at,epoch_seconds",
        "shop,orders,booked_date,booked_date,iso",
        'shop,orders,total,total,","',
        header=f"{MAPPING},format",
    )
    text = 'order_id,when,booked_date,total\no1,1709633700,5/3/2024,"1.234,5"\n'
    path = folder_of(tmp_path / "raw", orders=text)
    assert orders(conn, path, "booked_at, booked_date, total") == [
        ("2024-03-05 10:15:00+00:00", "5/3/2024", "1234.5")
    ]


def test_epochs_of_the_older_layouts_are_on_the_property_s_clock(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    is_shop(seeds, "Europe/Paris")
    maps(
        seeds,
        "shop,conversions,when,conv_time,epoch_seconds",
        header=f"{MAPPING},format",
    )
    text = "conv_id,conv_date,revenue,when\nc1,2024-03-05,1,1709633700\n"
    path = folder_of(tmp_path / "raw", conversions=text)
    open_raw(conn, {"shop": {"layout": "company_x", "path": path}})
    found = conn.execute("select conv_time from raw.company_x.conversions").fetchall()
    assert found == [("2024-03-05 11:15:00",)]


def test_an_instant_of_a_file_stays_one_and_its_day_is_local(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    is_shop(seeds, "Europe/Paris", "d/m/yyyy")
    (tmp_path / "raw").mkdir()
    duckdb.sql(
        "select 1 as order_id, timestamptz '2024-03-05 23:30:00.5+00' as booked_at, "
        "timestamptz '2024-03-05 23:30:00+00' as booked_date, 2.50 as total union all "
        "select 2, null, null, null"
    ).write_parquet(str(tmp_path / "raw" / "orders.parquet"))
    conn.execute("set timezone = 'America/New_York'")
    columns = "order_id, booked_at, booked_date::text, total::text"
    assert orders(conn, str(tmp_path / "raw"), columns) == [
        (1, "2024-03-05 23:30:00.5+00:00", "2024-03-06 00:30:00", "2.50"),
        (2, None, None, None),
    ]


@pytest.mark.parametrize("kind", ["timestamp", "date", "timestamp_s"])
def test_native_times_are_in_no_notation(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path, kind: str
) -> None:
    is_shop(seeds, "Europe/Paris", "d/m/yyyy")
    (tmp_path / "raw").mkdir()
    duckdb.sql(
        f"select 'a' as order_id, '2024-03-05'::{kind} as booked_at"
    ).write_parquet(str(tmp_path / "raw" / "orders.parquet"))
    ((found,),) = orders(conn, str(tmp_path / "raw"), "booked_at::text")
    assert found in ("2024-03-05", "2024-03-05 00:00:00")


@pytest.mark.parametrize(
    "notation", ["%Q", "yesterday", "hh:mm", "%H:%M", "yyyy", "epoch_days", "d/m"]
)
def test_a_notation_that_is_none_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path, notation: str
) -> None:
    is_shop(seeds, "UTC", notation)
    path = folder_of(tmp_path / "raw", orders=ORDER)
    words = "properties.csv", "shop", repr(notation), "no format", "d/m/yyyy hh:mm"
    refused(conn, {"shop": path}, *words)


def test_a_notation_of_a_column_that_is_none_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    maps(seeds, "shop,orders,at,booked_at,%Q", header=f"{MAPPING},format")
    path = folder_of(tmp_path / "raw", orders=ORDER)
    refused(conn, {"shop": path}, "column_mapping.csv", "orders.booked_at", "'%Q'")


@pytest.mark.parametrize(
    ("letters", "pattern"),
    [
        ("yyyy-mm-dd hh:mm:ss.fff", "%Y-%m-%d %H:%M:%S.%f"),
        ("yyyyMMddHHmmss", "%Y%m%d%H%M%S"),
        ("d-mmm-yy", "%d-%b-%y"),
        ("DD/MM/YYYY H:mm", "%d/%m/%Y %H:%M"),
        ("d/m/yyyy h:mm tt", "%d/%m/%Y %I:%M %p"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "%Y-%m-%dT%H:%M:%S%z"),
    ],
)
def test_letters_are_a_pattern(letters: str, pattern: str) -> None:
    assert pattern_of_letters(letters) == pattern
    assert checked_format(letters, "here") == checked_format(pattern, "here")


@pytest.mark.parametrize(
    ("zone", "guess"),
    [("Europe/Pari", "Europe/Paris"), ("europe/berlin", "Europe/Berlin"), ("Mars", "")],
)
def test_a_time_zone_that_does_not_exist(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path, zone: str, guess: str
) -> None:
    is_shop(seeds, zone)
    path = folder_of(tmp_path / "raw", orders=ORDER)
    refused(conn, {"shop": path}, "properties.csv", "shop", repr(zone), guess, "IANA")


# --- amounts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("separator", "value", "expected"),
    [
        (",", "1.234,56", "1234.56"),
        (",", "1 234,56", "1234.56"),
        (",", "1\u202f234\u00a0567,8", "1234567.8"),
        (",", "1'234,56", "1234.56"),
        (",", "-12,5", "-12.5"),
        (",", "1234,5", "1234.5"),
        (",", "1.234", "1234"),
        (",", "12", "12"),
        # no group of thousands has two digits, and none comes after 0
        (",", "0.125", "0.125"),
        (",", "0,125", "0.125"),
        (",", "12.50", "12.50"),
        (",", "1.23,4", "1.23,4"),
        (",", "1,234,567", "1,234,567"),
        (",", "12,5 EUR", "12,5 EUR"),
        (",", "free", "free"),
        (".", "1,234.56", "1234.56"),
        (".", "1,234,567", "1234567"),
        (".", "12,50", "12,50"),
        (None, "1,234.56", "1,234.56"),
        (None, "1.234,56", "1.234,56"),
    ],
)
def test_amounts_get_a_decimal_point(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    separator: str | None,
    value: str,
    expected: str,
) -> None:
    told = {"decimal_separator": separator} if separator else {}
    assert order_with(conn, tmp_path, "total", value, **told) == expected


# as they are in a file, and what a place whose texts have commas says of them
MIXED = {
    "a": (0.125, "0.125"),
    "b": (1.234, "1.234"),
    "c": (12.5, "12.5"),
    "d": ("0,125", "0.125"),
    "e": ("1.234,5", "1234.5"),
    "f": ("free", "free"),
    "g": (None, None),
}


# a decimal comma is said of a place, or of a column in the mapping
COMMAS = {"place": ({"decimal_separator": ","}, ""), "column": ({}, '","')}


@pytest.mark.parametrize(("told", "notation"), COMMAS.values(), ids=COMMAS)
def test_numbers_of_json_have_a_point_whatever_texts_have(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    seeds: Path,
    told: dict[str, str],
    notation: str,
) -> None:
    maps(seeds, f"shop,orders,total,total,{notation}", header=f"{MAPPING},format")
    lines = [json.dumps({"order_id": id, "total": v}) for id, (v, _) in MIXED.items()]
    (tmp_path / "orders.jsonl").write_text("\n".join(lines))
    found = dict(orders(conn, {"path": str(tmp_path), **told}, "order_id, total"))
    assert found == {id: expected for id, (_, expected) in MIXED.items()}


@pytest.mark.parametrize(("told", "notation"), COMMAS.values(), ids=COMMAS)
@pytest.mark.parametrize("data_type", ["", "text", "real", "numeric"])
def test_numbers_of_sqlite_have_a_point_whatever_texts_have(
    conn: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    seeds: Path,
    data_type: str,
    told: dict[str, str],
    notation: str,
) -> None:
    maps(seeds, f"shop,orders,total,total,{notation}", header=f"{MAPPING},format")
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as shop:
        shop.execute(f"create table orders (order_id, total {data_type})")
        shop.executemany(
            "insert into orders values (?, ?)",
            [(id, value) for id, (value, _) in MIXED.items()],
        )
    found = dict(orders(conn, {"path": str(path), **told}, "order_id, total"))
    expected = {id: expected for id, (_, expected) in MIXED.items()}
    if data_type == "text":  # SQLite makes a text of the number, too
        expected["b"] = "1234"
    assert found == expected


def test_what_is_said_of_a_place_holds_in_every_layout(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, seeds: Path
) -> None:
    is_shop(seeds, timestamp_format="d.m.yyyy")
    text = "conv_id,conv_date,revenue\nc1,05.03.2024,1.234\n"
    place = {"layout": "company_x", "path": folder_of(tmp_path, conversions=text)}
    open_raw(conn, {"shop": {**place, "decimal_separator": ","}})
    rows = conn.execute("select conv_date, revenue from raw.company_x.conversions")
    assert rows.fetchall() == [("2024-03-05", "1234")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("NULL", None),
        ("\\N", None),
        ("", None),
        ("null", "null"),
        ("N/A", "N/A"),
        ("NULLA", "NULLA"),
        (" NULL", " NULL"),
    ],
)
def test_a_field_without_a_value_is_null_as_databases_write_it(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, value: str, expected: str | None
) -> None:
    for field in (value, f'"{value}"'):
        path = folder_of(tmp_path, orders=f"order_id,booked_at\no1,{field}\n")
        assert orders(conn, path, "booked_at") == [(expected,)]


# how staging reads a time, an amount or a count that a column alone holds
READING = re.compile(
    r"\b(?:amount|whole_number|weight|local_date|(?:local|utc)_timestamp\(text|"
    r"local_day_of\(text|local_timestamp_of)\('(\w+)'"
)


def test_what_may_come_in_another_notation_is_declared() -> None:
    """GA4's export has one notation for all."""
    for layout, tables in declared_layouts().items():
        for name, declared_table in tables.items():
            base = f"models/staging/{layout}/base/base_{layout}__{name}.sql"
            read = set(READING.findall((PROJECT / base).read_text()))
            read &= set(declared_table.columns)
            assert layout == "ga4" or read <= set(declared_table.types), base


@pytest.mark.parametrize("separator", [";", "", 7, ",,"])
def test_a_decimal_separator_that_is_none_is_refused(
    conn: duckdb.DuckDBPyConnection, tmp_path: Path, separator: object
) -> None:
    path = folder_of(tmp_path, orders=ORDER)
    raw = {"shop": {"path": path, "decimal_separator": separator}}
    refused(conn, raw, "shop", "decimal_separator", "',' or '.'")
