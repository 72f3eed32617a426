"""PostgreSQL read in place: the same marts, and no word of the password anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import inspect_data
from build import one_line
from postgres_server import (
    PASSWORD,
    TRACE,
    USER,
    Server,
    running_server,
    server_binaries,
)
from publish import publish
from raw_data import RawDataError, open_raw
from raw_data.declared import PropertySettings, RawTable
from support import NO_TESTS, Build, dbt, environment, marts_that_differ, read_rows
from test_formats import TABLES, seed_file

BINARIES = server_binaries()
VARIABLE = "SHOP_DSN"
PLACE = f"env:{VARIABLE}"
# the properties of the sample that the server holds, and their layouts
SITES = {**TABLES, "vestiaire": ("listings", "brands", "category", "clicks")}
LAYOUTS = {
    "company_x": "company_x",
    "company_x_2023": "company_x",
    "vestiaire": "vestiaire",
}
# what the sample's values allow
TYPES = {
    "revenue": "numeric",
    "cost": "double precision",
    "cpc": "numeric(18, 6)",
    "ihc": "double precision",
    "event_date": "date",
    "conv_date": "date",
    "event_time": "time",
    "holder_engagement": "boolean",
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BINARIES is None, reason="PostgreSQL is not installed"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Run a server for all tests here."""
    assert BINARIES
    with running_server(BINARIES) as server:
        yield server


@pytest.fixture(autouse=True)
def connection_string(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment variable to the server."""
    monkeypatch.setenv(VARIABLE, server.dsn())


# --- the same marts ------------------------------------------------------------------


def load_sample(server: Server) -> None:
    """Load each property of the sample into a schema of its own in database `shop`."""
    server.psql("create database shop")
    for site, tables in SITES.items():
        server.psql(f"create schema {site}", "shop")
        for table in tables:
            source = seed_file(site, table)
            names = list(read_rows(source)[0])
            columns = ", ".join(f"{name} text" for name in names)
            server.psql(
                f"create table {site}.{table} ({columns});\n"
                f"copy {site}.{table} from stdin (format csv, header);\n"
                f"{source.read_text()}\\.\n",
                "shop",
            )
            for name in set(names) & set(TYPES):
                # a column with a planted word stays text
                server.psql(
                    "do $$ begin "
                    f"alter table {site}.{table} alter {name} type {TYPES[name]} "
                    f"using {name}::{TYPES[name]}; "
                    "exception when data_exception then null; end $$",
                    "shop",
                )


@pytest.fixture(scope="module")
def built(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build three properties of the sample from the server."""
    load_sample(server)
    raw = {
        f"{site}_from_postgres": {
            "layout": LAYOUTS[site],
            "path": PLACE,
            "schema": site,
        }
        for site in SITES
    }
    folder = tmp_path_factory.mktemp("postgres")
    with environment(**{VARIABLE: server.dsn(database="shop")}):
        return dbt(folder, "--debug", "build", *NO_TESTS, variables={"raw": raw})


@pytest.fixture(scope="module")
def published_postgres(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish that build."""
    path = tmp_path_factory.mktemp("published_postgres") / "postgres.duckdb"
    publish(built.database, path, built.manifest)
    return path


def test_a_server_builds(built: Build) -> None:
    assert built.faults == {}


@pytest.mark.parametrize("site", SITES)
def test_a_server_gives_the_marts_of_the_seeds(
    published: Path, published_postgres: Path, site: str
) -> None:
    name = f"{site}_from_postgres"
    assert marts_that_differ(published, published_postgres, site, name) == []


def traces(folder: Path, trace: bytes = TRACE) -> list[Path]:
    """List the files below a folder that give something away."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if trace in path.read_bytes()]


def test_the_password_is_in_no_file_of_the_build(
    built: Build, published_postgres: Path
) -> None:
    assert traces(built.folder) == []
    assert traces(built.folder, USER.encode()) == []
    assert traces(published_postgres.parent) == []
    # the same look finds what is there
    assert traces(built.folder, PLACE.encode()) != []


# --- types ---------------------------------------------------------------------------


def first_row(server: Server, values: dict[str, str], **settings: str) -> dict:
    """Read a row of conversions whose columns are SQL expressions of the server's."""
    columns = {"conv_id": "'c1'", "conv_date": "'2021-07-15'", "revenue": "1"} | values
    selected = ", ".join(f"{value} as {name}" for name, value in columns.items())
    server.psql(
        "drop table if exists conversions;"
        f"create table conversions as select {selected}"
    )
    with duckdb.connect() as conn:
        open_raw(conn, {"shop": {"layout": "company_x", "path": PLACE, **settings}})
        found = conn.execute("select columns(*)::text from raw.company_x.conversions")
        names = [column[0] for column in found.description]
        return dict(zip(names, found.fetchall()[0], strict=True))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("18446744073709551615::numeric", "18446744073709551615"),
        ("0.1::numeric", "0.1"),
        ("12.50::numeric(18, 2)", "12.50"),
        ("'NaN'::numeric", None),
        ("'Infinity'::numeric", "Infinity"),
        ("9223372036854775807::bigint", "9223372036854775807"),
        ("0.1::double precision", "0.1"),
        ("1000::double precision", "1000"),
        ("'NaN'::double precision", None),
        ("'Infinity'::double precision", "inf"),
        ("0.1::real", "0.1"),
        ("1234567::real", "1234567"),
        ("'NaN'::real", None),
        ("'1,234.50'::money", "1234.50"),
        ("date '2021-02-03'", "2021-02-03"),
        ("timestamp '2021-02-03 04:05:06.789'", "2021-02-03 04:05:06.789"),
        # as the clock of the property's place showed
        ("timestamptz '2021-02-03 04:05:06+02'", "2021-02-03 02:05:06"),
        ("time '04:05:06'", "04:05:06"),
        ("true", "true"),
        (
            "'6b0d4f2e-30a4-4f0e-9f3c-0a1f6c1a2b3c'::uuid",
            "6b0d4f2e-30a4-4f0e-9f3c-0a1f6c1a2b3c",
        ),
        ("array['a', 'b,c']", '{a,"b,c"}'),
        ("'\\x00ff'::bytea", "\\x00ff"),
        ("""'{"a": 1}'::jsonb""", '{"a": 1}'),
        ("'Hermès'::varchar(9)", "Hermès"),
        ("'GB'::char(4)", "GB"),
        ("null::numeric", None),
    ],
)
def test_a_value_arrives_as_the_server_has_it(
    server: Server, value: str, text: str | None
) -> None:
    # the look of a date is not the server's to choose
    server.psql(
        "alter database postgres set datestyle = 'SQL, DMY';"
        "alter database postgres set timezone = 'America/New_York'"
    )
    row = first_row(server, {"market": value})
    assert (row["conv_id"], row["market"]) == ("c1", text)


def test_an_instant_is_brought_to_the_clock_of_the_property(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "raw_data.catalogue.property_settings",
        lambda _: {"shop": PropertySettings("Europe/Paris")},
    )
    instant = "timestamptz '2021-07-03 04:05:06+00'"
    assert first_row(server, {"conv_time": instant})["conv_time"] == (
        "2021-07-03 06:05:06"
    )


def test_an_instant_stays_one_in_the_contract(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = ("order_id", "booked_at", "booked_date")
    types = {"booked_at": "timestamp", "booked_date": "date"}
    table = RawTable("contract", "orders", columns, frozenset(), frozenset(), types)
    monkeypatch.setattr(
        "raw_data.catalogue.declared_layouts", lambda: {"contract": {"orders": table}}
    )
    monkeypatch.setattr(
        "raw_data.catalogue.property_settings",
        lambda _: {"shop": PropertySettings("Europe/Paris")},
    )
    instant = "timestamptz '2021-07-03 23:05:06.5+00'"
    server.psql(
        "alter database postgres set datestyle = 'SQL, DMY';"
        "drop table if exists bookings;"
        f"create table bookings as select 'o1' as order_id, {instant} as booked_at, "
        f"{instant} as booked_date"
    )
    with duckdb.connect() as conn:
        open_raw(conn, {"shop": {"path": PLACE, "tables": {"orders": "bookings"}}})
        found = conn.execute("select booked_at, booked_date from raw.contract.orders")
        assert found.fetchall() == [
            ("2021-07-03 23:05:06.500000+00:00", "2021-07-04 01:05:06.5")
        ]


def test_names_are_matched_whatever_their_case_and_spaces(server: Server) -> None:
    server.psql(
        'create schema "Odd Shop"; set search_path = "Odd Shop";'
        'create view "Conversions" as select 1 as "Conv ID", 2 as "CONV_DATE", '
        "3 as revenue, 4 as note"
    )
    with duckdb.connect() as conn:
        raw = {"layout": "company_x", "path": PLACE, "schema": "Odd Shop"}
        open_raw(conn, {"shop": raw})
        rows = conn.execute(
            "select conv_id, conv_date, revenue from raw.company_x.conversions"
        ).fetchall()
    # a day may come in any notation
    assert rows == [(1, "2", 3)]


def test_a_database_in_another_encoding(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.psql(
        "create database old encoding 'LATIN1' template template0 lc_collate 'C' "
        "lc_ctype 'C'"
    )
    server.psql(
        "create table conversions as "
        "select 'Hermès'::text as conv_id, 'x'::text as conv_date, 1 as revenue",
        "old",
    )
    monkeypatch.setenv(VARIABLE, server.dsn(database="old"))
    with duckdb.connect() as conn:
        open_raw(conn, {"shop": {"layout": "company_x", "path": PLACE}})
        rows = conn.execute("select conv_id from raw.company_x.conversions").fetchall()
    assert rows == [("Hermès",)]


# --- connection strings --------------------------------------------------------------


def escaped(value: str) -> str:
    """Quote a value of a `key=value` pair."""
    return "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"


@pytest.mark.parametrize("form", ["pairs", "options", "postgres"])
def test_the_forms_of_a_connection_string(
    server: Server, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    first_row(server, {})
    strings = {
        "pairs": f"host=127.0.0.1 port = {server.port} user={USER} "
        f"password={escaped(PASSWORD)} dbname=postgres application_name='a b'",
        "options": server.dsn(options="?sslmode=prefer&application_name=a%20b"),
        "postgres": server.dsn().replace("postgresql://", "postgres://"),
    }
    monkeypatch.setenv(VARIABLE, f" {strings[form]}\n")
    with duckdb.connect() as conn:
        open_raw(conn, {"shop": {"layout": "company_x", "path": PLACE}})
        found = conn.execute("select conv_id from raw.company_x.conversions")
        assert found.fetchall() == [("c1",)]


@pytest.mark.parametrize(
    "string",
    [
        "",
        "  ",
        PASSWORD,
        f"postgresql://{USER}:{PASSWORD}@127.0.0.1/shop",
        f"mysql://{USER}:Wacholder7391@127.0.0.1/shop",
        f"host=127.0.0.1 password='{TRACE.decode()}",
        "host=127.0.0.1 sslpassword=Wacholder7391",
    ],
)
def test_what_is_no_connection_string(
    monkeypatch: pytest.MonkeyPatch, string: str
) -> None:
    monkeypatch.setenv(VARIABLE, string)
    refused({"path": PLACE}, VARIABLE, "postgresql://user:password@host:5432/database")


def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    refused({"path": PLACE}, VARIABLE, "is not set", "Set it to")


# --- what can be wrong with a server -------------------------------------------------


def refused(settings: dict[str, str], *words: str) -> None:
    """Assert that a server is refused in one line of these words and no secret."""
    with duckdb.connect() as conn, pytest.raises(RawDataError) as caught:
        open_raw(conn, {"shop": {"layout": "company_x", **settings}})
    assert "\n" not in caught.value.msg
    assert TRACE.decode() not in caught.value.msg
    for word in ("shop", *words):
        assert word in caught.value.msg


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"port": 1}, ["does not answer", "Start it"]),
        ({"password": "Wacholder7391"}, ["refuses user and password", "Correct"]),
        ({"user": "nobody_here"}, ["refuses user and password", "Correct"]),
        ({"database": "nowhere"}, ["no database of that name", "Correct"]),
        ({"host": "nowhere.invalid"}, ["host", "unknown", "Correct"]),
        ({"options": "?sslmode=require"}, ["cannot be connected to", "psql"]),
    ],
)
def test_a_server_that_cannot_be_read_is_one_line(
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, str],
    words: list[str],
) -> None:
    monkeypatch.setenv(VARIABLE, server.dsn(**change))
    refused({"path": PLACE}, VARIABLE, *words)


def test_a_missing_schema_is_one_line_that_names_those_there(server: Server) -> None:
    server.psql("create schema if not exists sales")
    words = "no schema 'shop_z'", "public", "sales", VARIABLE
    refused({"path": PLACE, "schema": "shop_z"}, *words)


def test_a_schema_with_none_of_the_tables(server: Server) -> None:
    server.psql("create schema if not exists empty_one")
    words = "none of the tables", "session_sources"
    refused({"path": PLACE, "schema": "empty_one"}, *words)


def test_a_schema_that_is_no_name() -> None:
    refused({"path": PLACE, "schema": ""}, "schema", "name")


def test_two_tables_of_one_name(server: Server) -> None:
    server.psql(
        "create schema twice; create table twice.conversions (conv_id int);"
        'create table twice."Conversions" (conv_id int)'
    )
    refused({"path": PLACE, "schema": "twice"}, "both", "Conversions", "Rename or drop")


def test_a_table_that_the_user_may_not_read(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.psql(
        "create schema closed; grant usage on schema closed to public;"
        "create table closed.conversions (conv_id int, revenue int);"
        "grant select (conv_id) on closed.conversions to public;"
        "create role clerk login password 'Wacholder7391'"
    )
    monkeypatch.setenv(VARIABLE, server.dsn(user="clerk", password="Wacholder7391"))
    words = "may not read revenue", "closed.conversions", "Grant select"
    refused({"path": PLACE, "schema": "closed"}, *words)


def test_the_server_is_only_read(server: Server) -> None:
    first_row(server, {})
    with duckdb.connect() as conn:
        open_raw(conn, {"shop": {"layout": "company_x", "path": PLACE}})
        (name,) = conn.execute(
            "select database_name from duckdb_databases() where type = 'postgres'"
        ).fetchall()[0]
        with pytest.raises(duckdb.Error, match="read-only"):
            conn.execute(f"create table {name}.public.mine (id int)")


def test_a_server_that_stops_while_it_is_read_gives_no_password_away(
    server: Server,
) -> None:
    first_row(server, {})
    with duckdb.connect() as conn:
        open_raw(conn, {"shop": {"layout": "company_x", "path": PLACE}})
        server.control("stop")
        try:
            for _ in range(2):
                with pytest.raises(duckdb.Error) as caught:
                    conn.execute("from raw.company_x.conversions").fetchall()
                assert TRACE.decode() not in str(caught.value)
            listed = conn.execute("from duckdb_databases()").fetchall()
            listed += conn.execute("from duckdb_secrets()").fetchall()
        finally:
            server.control("start")
    assert TRACE.decode() not in str(listed)


def test_a_failed_build_gives_no_password_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    monkeypatch.setenv(VARIABLE, server.dsn(port=1))
    raw = {"shop": {"layout": "company_x", "path": PLACE}}
    failed = dbt(
        tmp_path,
        "--debug",
        "run",
        "--select",
        "stg_raw__tables",
        variables={"raw": raw},
    )
    assert not failed.outcome.success
    message = one_line(str(failed.outcome.exception))
    assert f"server of {PLACE} does not answer" in message
    assert traces(tmp_path) == []


# --- what inspection makes of a server -----------------------------------------------


def test_a_server_can_be_inspected(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.psql(
        "create schema seen; create table seen.bookings as "
        "select 'B' || n as booking_no, 'u' || n % 7 as client, "
        "timestamptz '2024-03-01 10:00+00' + n * interval '7 hours' as booked_at, "
        "n * 1.25 as total from generate_series(1, 60) n"
    )
    assert inspect_data.main([PLACE, "--property", "shop", "--schema", "seen"]) == 0
    printed = capsys.readouterr().out
    for line in ("booking_no is conversion_id", "booked_at is converted_at"):
        assert f"    {line}\n" in printed
    assert "schema: seen, tables: {conversions: bookings}" in printed
    assert TRACE.decode() not in printed
