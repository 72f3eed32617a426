"""Publishing: all of a sound build, or nothing."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult

import build
from publish import ABOUT, NEXT, SCHEMA, NotBuiltError, publish
from restatements import LAST
from support import PROJECT, Build, environment, mart_names, parsed


def test_the_published_file_holds_the_marts_and_where_they_came_from(
    sample: Build, published: Path
) -> None:
    with duckdb.connect(str(sample.database), read_only=True) as conn:
        # under another name than it was made with, as a BI tool may attach it
        conn.execute(f"attach '{published}' as anything (read_only)")
        schemas = conn.execute(
            "select distinct table_schema from information_schema.tables "
            "where table_catalog = 'anything' order by table_schema"
        ).fetchall()
        assert schemas == [("marts",), ("meta",)]
        for mart in mart_names(conn):
            working, copied = (
                conn.execute(f"from {catalogue}.marts.{mart} order by all").fetchall()
                for catalogue in ("tributary", "anything")
            )
            assert working == copied, mart


def test_the_published_file_explains_itself(published: Path) -> None:
    with duckdb.connect(str(published), read_only=True) as conn:
        silent = conn.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name = 'marts' and comment is null"
        ).fetchall()
        assert silent == []
        ((comment,),) = conn.execute(
            "select comment from duckdb_tables() where table_name = 'fct_sessions'"
        ).fetchall()
        assert "**Grain:** one row per property and session" in comment


def test_the_published_file_says_when_and_from_what(
    sample: Build, tmp_path: Path
) -> None:
    path = tmp_path / "tributary.duckdb"
    places = [
        {"path": "exports/", "tables": {"session_sources": "visits"}},
        {"path": "env:SHOP_DSN", "schema": "shop"},
        {"path": "exports/", "tables": {"conversions": "orders"}},
    ]
    variables = {
        "raw": {"company_x": places, "afisha": "postgresql://me:secret@host/shop"},
        "default_date_basis": "touch",
    }
    before = datetime.now(UTC).replace(tzinfo=None, microsecond=0)

    publish(sample.database, path, sample.manifest, variables)

    with duckdb.connect(str(path), read_only=True) as conn:
        ((published_at, model, basis),) = conn.execute(
            "select published_at, default_attribution_model, default_date_basis "
            "from meta.publication"
        ).fetchall()
        sources = conn.execute(
            "select property, source, currency from meta.properties order by property"
        ).fetchall()
    assert published_at >= before
    assert (model, basis) == (None, "touch")
    assert sources == [
        ("afisha", "a database", "USD"),
        ("company_x", "exports/, env:SHOP_DSN", "EUR"),
        ("company_x_2023", "generated sample", "EUR"),
        ("corner_shop", "generated sample", "EUR"),
        ("vestiaire", "generated sample", "EUR"),
        ("vivid_seats", "generated sample", "USD"),
    ]


def test_a_copy_that_fails_leaves_the_last_file_and_nothing_beside_it(
    published: Path, tmp_path: Path
) -> None:
    before = published.read_bytes()
    no_database = tmp_path / "tributary.duckdb"
    no_database.write_text("no database")

    with pytest.raises(duckdb.Error):
        publish(no_database, published, tmp_path / "manifest.json")

    assert published.read_bytes() == before
    assert list(published.parent.iterdir()) == [published]


def test_a_database_that_lacks_a_mart_is_not_published(
    sample: Build, tmp_path: Path
) -> None:
    part = tmp_path / "tributary.duckdb"
    shutil.copy(sample.database, part)
    with duckdb.connect(str(part)) as conn:
        conn.execute("drop table marts.dim_events")

    with pytest.raises(NotBuiltError, match="Not built yet: dim_events"):
        publish(part, tmp_path / "published.duckdb", sample.manifest)

    assert list(tmp_path.iterdir()) == [part]


def test_a_mart_that_the_project_no_longer_has_is_not_published(
    sample: Build, published: Path, tmp_path: Path
) -> None:
    working, path = tmp_path / "tributary.duckdb", tmp_path / "published.duckdb"
    shutil.copy(sample.database, working)
    with duckdb.connect(str(working)) as conn:
        conn.execute("create table marts.rpt_deleted as select 1 as revenue")
        conn.execute("create view marts.rpt_renamed as from marts.rpt_deleted")

    publish(working, path, sample.manifest)

    marts = []
    for file in (published, path):
        with duckdb.connect(str(file), read_only=True) as conn:
            marts.append(mart_names(conn))
    assert marts[0] == marts[1]


def test_the_name_of_the_working_database_may_have_dots(
    sample: Build, tmp_path: Path
) -> None:
    working, path = tmp_path / "tributary.2024.duckdb", tmp_path / "published.duckdb"
    shutil.copy(sample.database, working)

    publish(working, path, sample.manifest)

    assert path.exists()


def test_a_published_file_may_be_a_link(sample: Build, tmp_path: Path) -> None:
    target, link = tmp_path / "readers" / "marts.duckdb", tmp_path / "link.duckdb"
    target.parent.mkdir()
    link.symlink_to("readers/marts.duckdb")

    for number in (1, 2):
        publish(sample.database, link, sample.manifest)

        assert link.is_symlink()
        assert list(target.parent.iterdir()) == [target]
        with duckdb.connect(str(target), read_only=True) as conn:
            count = "select max(publication_number) from meta.publications"
            assert conn.execute(count).fetchall() == [(number,)]


def test_what_a_killed_publisher_left_is_removed(
    sample: Build, published: Path, tmp_path: Path
) -> None:
    published = Path(shutil.copy(published, tmp_path))
    dead = published.with_name(f"{published.name}.999999999.next")
    reborn = published.with_name(f"{published.name}.{os.getpid()}.next")
    alive = published.with_name(f"{published.name}.{os.getppid()}.next")
    dead.write_text("half a copy")
    reborn.write_text("half a copy of a process that had the number of this one")
    alive.write_text("another publisher's copy")

    publish(sample.database, published, sample.manifest)

    assert not dead.exists()
    assert not reborn.exists()
    assert alive.exists()
    alive.unlink()


KILLED_WRITER = """
import os, sys, duckdb
conn = duckdb.connect(sys.argv[1])
conn.execute("delete from marts.fct_sessions")
os._exit(1)
"""


@pytest.mark.parametrize("is_deleted", [False, True])
def test_what_a_killed_writer_left_is_in_no_later_file(
    sample: Build, published: Path, tmp_path: Path, is_deleted: bool
) -> None:
    path = tmp_path / "tributary.duckdb"
    shutil.copy(published, path)
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(path)])
    assert path.with_name(f"{path.name}.wal").exists()
    if is_deleted:
        path.unlink()

    publish(sample.database, path, sample.manifest)

    assert list(tmp_path.iterdir()) == [path]
    sessions = "from marts.fct_sessions order by property, session_id"
    rows = []
    for file in (published, path):
        with duckdb.connect(str(file), read_only=True) as conn:
            rows.append(conn.execute(sessions).fetchall())
    assert rows[0] == rows[1]


def test_a_publisher_goes_on_from_the_history_of_the_one_it_waited_for(
    sample: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = tmp_path / "tributary.duckdb"
    waits_or_is_done = threading.Event()
    lock, rename = fcntl.flock, os.replace

    def publish_too() -> None:
        try:
            publish(sample.database, published, sample.manifest)
        finally:
            waits_or_is_done.set()

    def lock_as_told(descriptor: int, operation: int) -> None:
        if threading.current_thread() is second:
            waits_or_is_done.set()
        lock(descriptor, operation)

    def rename_when_the_second_has_come(source: Path, target: Path) -> None:
        if threading.current_thread() is not second:
            second.start()
            waits_or_is_done.wait()
        rename(source, target)

    second = threading.Thread(target=publish_too)
    publish(sample.database, published, sample.manifest)
    monkeypatch.setattr(fcntl, "flock", lock_as_told)
    monkeypatch.setattr(os, "replace", rename_when_the_second_has_come)

    publish(sample.database, published, sample.manifest)

    second.join()
    with duckdb.connect(str(published), read_only=True) as conn:
        numbers = conn.execute(
            "select publication_number from meta.publications order by 1"
        ).fetchall()
    assert numbers == [(1,), (2,), (3,)]


def test_a_reader_keeps_the_file_it_has_opened(
    sample: Build, published: Path, tmp_path: Path
) -> None:
    published = Path(shutil.copy(published, tmp_path))
    count = "select count(*) from marts.fct_sessions"
    with duckdb.connect(str(published), read_only=True) as reader:
        before = reader.execute(count).fetchall()
        publish(sample.database, published, sample.manifest)
        assert reader.execute(count).fetchall() == before


@pytest.fixture
def make_build(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> object:
    """Run what `make build` runs, in a folder of its own.

    With vars it begins with the parse of another run.
    """

    def run(*options: str, variables: dict | None = None) -> tuple[int, str, str]:
        if variables:
            options += ("--vars", json.dumps(variables))
            runner = partial(dbtRunner, manifest=parsed(variables))
            monkeypatch.setattr(build, "dbtRunner", runner)
        database = tmp_path / "work" / "tributary.duckdb"
        database.parent.mkdir(exist_ok=True)
        published = tmp_path / "published.duckdb"
        monkeypatch.setattr("sys.argv", ["build.py", *options])
        with environment(
            TRIBUTARY_DB=str(database),
            TRIBUTARY_PUBLISHED=str(published),
            DBT_TARGET_PATH=str(PROJECT / "target"),
        ):
            code = build.main()
        return code, *capsys.readouterr()

    return run


def test_a_build_that_fails_is_not_published(
    make_build: object, sample: Build, published: Path, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    shutil.copy(sample.database, tmp_path / "work" / "tributary.duckdb")
    published = shutil.copy(published, tmp_path / "published.duckdb")
    before = published.read_bytes()

    # after a build that was refused, the rest may be half of it
    code, _, complaint = make_build("--select", "rpt_stability")
    assert code == 1
    first, last = complaint.splitlines()
    assert first.startswith("A part is not published, and ")
    assert last.startswith("Nothing was published")
    assert published.read_bytes() == before

    # the one assertion and what it needs: that it fails is enough
    only = ("--select", "+assert_backend_agrees_with_tracking")
    code, _, complaint = make_build(*only, variables={"max_gap_share": 0.001})
    assert code == 1
    assert "assert_backend_agrees_with_tracking" in complaint
    assert "Nothing was published" in complaint
    assert published.read_bytes() == before

    code, _, complaint = make_build(variables={"raw": {"company_x": "no/such/place"}})
    assert code == 1
    first, last = complaint.splitlines()
    assert "company_x: no/such/place does not exist" in first
    assert last.startswith("Nothing was published")
    assert published.read_bytes() == before


def test_empty_books_are_told_in_words(make_build: object, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    header = "conversion_id,converted_at,revenue\n"
    (shop / "backend_conversions.csv").write_text(header)
    (shop / "conversions.csv").write_text(f"{header}k,2024-01-01,1\n")
    code, _, complaint = make_build(
        *("--select", "+assert_backend_is_not_empty"),
        variables={"raw": {"shop": str(shop)}},
    )
    assert code == 1
    assert complaint.splitlines()[0] == (
        "assert_backend_is_not_empty: shop: table backend_conversions is there and has "
        "no sound row, so that no conversion would count: export it again, or take it "
        "away, and what was tracked counts"
    )


@pytest.mark.parametrize(
    ("booked", "said"),
    [
        (
            "89.20",
            # 89.20 - 100.00 - 7.50, and k3 is still awaited
            "18.30 of 89.20 (20.52 %), more than max_gap_share 0.1; 0 of 2 conversions "
            "are missing in tracking, 1 in the books. See "
            "marts.fct_conversion_reconciliation in {database}, or build with "
            "max_gap_share: 0.3",
        ),
        (
            "0",
            "107.50 of 0.00, which no max_gap_share allows; 0 of 2 conversions are "
            "missing in tracking, 1 in the books. See "
            "marts.fct_conversion_reconciliation in {database}",
        ),
    ],
)
def test_a_gap_too_large_is_told_in_words(
    make_build: object, tmp_path: Path, booked: str, said: str
) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    header = "conversion_id,converted_at,revenue\n"
    (shop / "backend_conversions.csv").write_text(f"{header}k1,2024-01-02,{booked}\n")
    (shop / "conversions.csv").write_text(
        f"{header}k1,2024-01-02,100\nk2,2024-01-01,7.5\nk3,2024-01-03,1000\n"
    )

    code, _, complaint = make_build(
        *("--select", "+assert_backend_agrees_with_tracking"),
        variables={"raw": {"shop": str(shop)}},
    )

    assert code == 1
    database = tmp_path / "work" / "tributary.duckdb"
    told = said.format(database=database)
    assert (
        "assert_backend_agrees_with_tracking: shop: tracking and books differ by "
        f"{told}"
    ) in complaint.splitlines()
    with duckdb.connect(str(database), read_only=True) as conn:
        sql = "select count(*) from marts.fct_conversion_reconciliation"
        assert conn.sql(sql).fetchall() == [(3,)]


def test_a_test_without_words_has_none(tmp_path: Path) -> None:
    database = tmp_path / "tributary.duckdb"
    duckdb.connect(str(database)).close()
    with environment(TRIBUTARY_DB=str(database)):
        assert build.messages("select 'a: b' as message") == ["a: b"]
        assert build.messages("select 1 as property") == []
        assert build.messages("select message from raw.contract.sessions") == []


def test_one_file_cannot_be_both_databases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse_to_run(_: list[str]) -> None:
        pytest.fail("dbt would write into the published file")

    monkeypatch.setattr("sys.argv", ["build.py"])
    monkeypatch.setattr(build, "build", refuse_to_run)
    path, link = tmp_path / "one.duckdb", tmp_path / "link.duckdb"
    path.write_text("published")
    link.symlink_to(path.name)

    for published in (path, link):
        with environment(TRIBUTARY_DB=str(path), TRIBUTARY_PUBLISHED=str(published)):
            assert build.main() == 1
        first, last = capsys.readouterr().err.splitlines()
        assert "cannot be both the working database and the published one" in first
        assert last.startswith("Nothing was published")


def test_a_build_that_left_out_what_can_stop_it_is_a_part() -> None:
    about = {
        "seed.a": ("seed", {"materialized": "seed"}),
        "model.b": ("model", {"materialized": "table"}),
        "model.inlined": ("model", {"materialized": "ephemeral"}),
        "test.c": ("test", {"materialized": "test", "severity": "ERROR"}),
        "test.warns": ("test", {"materialized": "test", "severity": "warn"}),
        "analysis.d": ("analysis", {"materialized": "view"}),
    }
    nodes = {
        key: {"name": key, "resource_type": kind, "config": config}
        for key, (kind, config) in about.items()
    }

    def left_out(**statuses: str) -> list[str]:
        ended = {"seed.a": "success", "model.b": "success", "test.c": "pass"} | statuses
        results = [
            SimpleNamespace(node=SimpleNamespace(unique_id=key), status=status)
            for key, status in ended.items()
        ]
        return build.left_out(nodes, results)

    assert left_out() == []
    assert left_out(**{"test.c": "warn"}) == []
    for key in ("seed.a", "model.b", "test.c"):
        assert left_out(**{key: "skipped"}) == [key]
    assert build.left_out(nodes, []) == ["model.b", "seed.a", "test.c"]
    line = build.part_is_not_published(["a", "b", "c", "d"])
    assert "4 models and tests were left out (a, b, c, …)" in line


def test_two_builds_at_once_share_no_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBT_TARGET_PATH", raising=False)
    assert build.target_of_its_own(PROJECT / "target/tributary.duckdb") == []
    one = build.target_of_its_own(tmp_path / "1" / "w.duckdb")
    other = build.target_of_its_own(tmp_path / "2" / "w.duckdb")
    assert one[0] == other[0] == "--target-path"
    assert one[1] != other[1]
    monkeypatch.setenv("DBT_TARGET_PATH", "elsewhere")
    assert build.target_of_its_own(tmp_path / "1" / "w.duckdb") == []


def test_a_manifest_of_another_run_is_not_taken_for_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "get_invocation_id", lambda: "this")
    manifest = tmp_path / "manifest.json"
    whole = '{"metadata": {"invocation_id": "this"}, "nodes": {"model.a": {}}}'
    manifest.write_text(whole)
    assert build.nodes_of_this_run(manifest) == {"model.a": {}}
    for text in (whole.replace("this", "another"), whole[:-9]):
        manifest.write_text(text)
        assert build.nodes_of_this_run(manifest) is None


def test_a_working_database_of_a_name_that_is_taken_is_one_line() -> None:
    published = Path("published.duckdb")
    taken = (SCHEMA, ABOUT, NEXT, LAST)
    for name in ("temp", "System", "main.2024", "it's", 'a"b', *taken):
        fault = build.file_fault(Path(f"{name}.duckdb"), published)
        assert fault is not None, name
        assert fault.startswith(f"{name}.duckdb: the working database cannot have this")
    for name in ("temp_2", "my system", "shop-x", "2024", "select", "a.it's", "marts2"):
        assert build.file_fault(Path(f"{name}.duckdb"), published) is None, name


@pytest.mark.parametrize("content", [b"", b"exports\n" * 9, b"SQLite format 3\0" * 9])
def test_a_file_that_is_no_working_database_is_one_line(
    tmp_path: Path, content: bytes
) -> None:
    working, published = tmp_path / "shop.duckdb", tmp_path / "published.duckdb"
    working.write_bytes(content)

    fault = build.file_fault(working, published)

    assert fault is not None
    assert fault.startswith(f"{working} cannot be read as the working database (")
    assert fault.endswith("or name another file by TRIBUTARY_DB.")
    assert "\n" not in fault
    assert working.read_bytes() == content


def test_a_folder_to_publish_in_that_does_not_exist_is_told_before_a_build(
    tmp_path: Path,
) -> None:
    published = tmp_path / "readers" / "tributary.duckdb"
    fault = build.file_fault(tmp_path / "shop.duckdb", published)
    assert fault == (
        f"{published} is in a folder that does not exist: make it, or set "
        "TRIBUTARY_PUBLISHED to another file."
    )


def test_a_sound_working_database_has_no_fault(tmp_path: Path) -> None:
    working, published = tmp_path / "shop.duckdb", tmp_path / "published.duckdb"
    assert build.file_fault(working, published) is None
    duckdb.connect(str(working)).close()
    assert build.file_fault(working, published) is None


def test_a_build_that_was_interrupted_says_so() -> None:
    outcome = dbtRunnerResult(success=False, exception=KeyboardInterrupt())
    assert build.build_faults(outcome) == ["Interrupted."]


def test_the_summary_keeps_long_names_of_properties_apart_from_what_is_found() -> None:
    with duckdb.connect() as conn:
        conn.execute(
            "create schema marts; create table marts.rpt_data_quality as from (values "
            "('a_shop_of_shoes_and_hats', 'warn', 'missing_day', 2), "
            "('shop', 'fail', 'revenue_gap_too_large', 1), ('shop', 'ok', 'x', 0)"
            ") as found (property, status, check_name, rows_affected)"
        )
        first, second = (line.split() for line in build.finding_lines(conn))
    assert first == ["a_shop_of_shoes_and_hats", "warn", "missing_day", "2"]
    assert second == ["shop", "fail", "revenue_gap_too_large", "1"]


def test_one_line_is_what_dbt_says_without_its_frame() -> None:
    message = (
        "Compilation Error in operation x (./dbt_project.yml)\n  var a: b is wrong.\n"
        "  \n  > in macro refuse_var (macros/check_vars.sql)\n"
    )
    assert build.one_line(message) == "var a: b is wrong."
    said_by_duckdb = "Catalog Error: Table x is not there!\nDid you mean y?"
    assert build.one_line(said_by_duckdb) == "Table x is not there! Did you mean y?"
    assert build.one_line("Database Error\n  Runtime Error\n    x: y\n") == "x: y"
    assert PROJECT.name not in build.shown(PROJECT / "tributary.duckdb")
