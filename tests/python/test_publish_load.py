"""Publishing under load: every reader sees one whole build, whoever writes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publish import publish
from publish_load import snapshot
from support import PROJECT, Build, dbt

READERS = 20
PUBLICATIONS = 10
WRITERS = 2
MARTS = ("fct_conversions", "fct_sessions", "rpt_orders", "dim_users")
PROGRAM = PROJECT / "tests" / "python" / "publish_load.py"


def prepared(folder: Path, build: int) -> Path:
    """Make a working database whose every row and row count tell its build."""
    working = folder / f"build_{build}" / "tributary.duckdb"
    working.parent.mkdir()
    with duckdb.connect(str(working)) as conn:
        conn.execute("create schema marts")
        for mart in MARTS:
            conn.execute(
                f"create table marts.{mart} as "
                f"select range as id, {build} as build, repeat('{build}', 50) as text "
                f"from range({2_000 + build})"
            )
        conn.execute("create view marts.rpt_all as select * from marts.fct_sessions")
    return working


def nodes() -> Iterator[tuple[str, dict[str, Any]]]:
    """List what a manifest says of the marts: tables, and a view over one."""
    for mart in (*MARTS, "rpt_all"):
        is_view = mart not in MARTS
        yield (
            mart,
            {
                "resource_type": "model",
                "schema": "marts",
                "name": mart,
                "description": "",
                "columns": {},
                "config": {"materialized": "view" if is_view else "table"},
                "depends_on": {"nodes": ["fct_sessions"] if is_view else []},
            },
        )


def under_load(
    folder: Path, working: Sequence[Path], manifest: Path
) -> tuple[list[dict[str, int]], set[str]]:
    """Read in a loop by `READERS` processes while `WRITERS` publish.

    Args:
        folder: gets the published file.
        working: the databases to publish, one writer taking every other.
        manifest: that of all of them.

    Returns:
        For each reader how often it saw what; and what may be seen.
    """
    published, stop = folder / "tributary.duckdb", folder / "stop"
    whole = set()
    # the first one again at last, so that readers have something before all others
    for database in (*dict.fromkeys(working[1:]), working[0]):
        publish(database, published, manifest)
        whole.add(snapshot(published))
    readers = [run("read", published, stop) for _ in range(READERS)]
    try:
        for reader in readers:
            assert reader.stdout and reader.stdout.readline() == "reading\n"
        writers = [
            run("write", published, manifest, *working[number::WRITERS])
            for number in range(WRITERS)
        ]
        for writer in writers:
            assert writer.communicate() == ("", "")
    finally:
        stop.touch()
    answers = [reader.communicate() for reader in readers]
    assert [faults for _, faults in answers if faults] == []
    assert sorted(folder.glob("tributary.duckdb*")) == [published]
    return [json.loads(said) for said, _ in answers], whole


def run(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start a reader or writer in a process of its own."""
    return subprocess.Popen(
        [sys.executable, PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.nightly
def test_twenty_readers_see_whole_builds_while_ten_are_published(
    tmp_path: Path,
) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"nodes": dict(nodes())}))
    working = [prepared(tmp_path, build) for build in range(PUBLICATIONS)]

    readers, whole = under_load(tmp_path, working, manifest)

    assert len(whole) == PUBLICATIONS
    for seen in readers:
        assert set(seen) <= whole
    # the readers did read while builds changed
    assert len({build for seen in readers for build in seen}) > PUBLICATIONS // 2


@pytest.mark.nightly
def test_readers_of_real_builds_see_one_or_the_other(
    sample: Build, tmp_path: Path
) -> None:
    other = dbt(tmp_path / "other", "build", variables={"lookback_days": 7})
    working = [sample.database, other.database] * (PUBLICATIONS // 2)

    readers, whole = under_load(tmp_path, working, sample.manifest)

    assert len(whole) == 2
    for seen in readers:
        assert set(seen) == whole
