"""What a build may not depend on: the clock, the place, the network, the threads."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from raw_data.personal import KEY_VARIABLE
from support import PII_KEY, PROJECT, Build, mart_names

pytestmark = pytest.mark.slow

# ten seconds to midnight on a leap day, so that the build sees two months
CLOCK = "2028-02-29 23:59:50"
# summer time where the sample's clocks have winter, on the other side of the date line
ZONE = "Pacific/Auckland"
OF_NOW = re.compile(
    r"\b(now\(\)|today\(\)|current_(date|time|timestamp|localtime\w*)|random\(\)"
    r"|uuid\(\)|get_current_\w+|localtime\w*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Elsewhere:
    """A build of the sample far away: what it left, and what was kept from it."""

    build: Build
    published: Path
    said: str
    without_network: bool
    with_other_clock: bool


def works(*command: str) -> bool:
    """Tell whether a command is there and may be run."""
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """Build and publish the sample under another clock, zone, locale and umask.

    Without a network, where the machine allows it; with ASCII as the encoding of files;
    in one thread.
    """
    folder = tmp_path_factory.mktemp("elsewhere")
    without_network = works("unshare", "-rn", "true")
    with_other_clock = works("faketime", "-f", f"@{CLOCK}", "true")
    command = ["unshare", "-rn"] if without_network else []
    command += ["faketime", "-f", f"@{CLOCK}"] if with_other_clock else []
    command += [sys.executable, str(PROJECT / "scripts" / "build.py")]
    command += ["--threads", "1", "--log-path", str(folder)]
    command += ["--target-path", str(folder / "target")]
    published = folder / "published.duckdb"
    done = subprocess.run(
        command,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TZ": ZONE,
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
            "TRIBUTARY_DB": str(folder / "tributary.duckdb"),
            "TRIBUTARY_PUBLISHED": str(published),
            KEY_VARIABLE: PII_KEY,
        },
        umask=0o027,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Elsewhere(
        Build(folder), published, done.stdout, without_network, with_other_clock
    )


def test_two_builds_give_the_same_bytes(
    sample: Build, elsewhere: Elsewhere, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = []
    for build in (sample, elsewhere.build):
        folder = tmp_path_factory.mktemp("bytes")
        with duckdb.connect(str(build.database), read_only=True) as conn:
            for mart in mart_names(conn):
                conn.sql(f"from marts.{mart} order by all").write_csv(
                    str(folder / f"{mart}.csv")
                )
        files.append({path.name: path.read_bytes() for path in folder.iterdir()})
    first, second = files
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_a_sound_build_is_published_and_says_what_is_in_it(
    elsewhere: Elsewhere,
) -> None:
    assert "fct_conversions" in elsewhere.said
    assert "478 of 519 match in everything" in elsewhere.said
    assert "gap (backend - tracked) 240.41 of 33,422.87" in elsewhere.said
    assert "channel_unmapped" in elsewhere.said
    assert f"Published {elsewhere.published}" in elsewhere.said
    with duckdb.connect(str(elsewhere.published), read_only=True) as conn:
        assert conn.execute(
            "select default_attribution_model, any_value(source) "
            "from meta.publication, meta.properties group by all"
        ).fetchall() == [("last_non_direct", "generated sample")]


def test_the_other_clock_was_another_one(elsewhere: Elsewhere) -> None:
    if not elsewhere.with_other_clock:
        pytest.skip("needs faketime (Debian: faketime)")
    with duckdb.connect(str(elsewhere.published), read_only=True) as conn:
        when = conn.execute("select published_at from meta.publication").fetchall()
    # local midnight of that zone is at 11:00 in UTC
    ((published_at,),) = when
    assert str(published_at.date()) == "2028-02-29"
    assert published_at.hour == 11


def test_a_build_needs_no_network(elsewhere: Elsewhere) -> None:
    """It was built and published where there is not even a loopback."""
    if not elsewhere.without_network:
        pytest.skip("needs to be allowed a network namespace (unshare -rn)")
    assert elsewhere.published.exists()


def test_files_are_only_for_whom_the_umask_admits(elsewhere: Elsewhere) -> None:
    """A umask of 027 lets the group read and keeps all others out."""
    for path in elsewhere.build.folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o027 == 0, f"{path.name} has mode {mode:o}"


def test_no_sql_asks_for_the_time_of_the_build(sample: Build) -> None:
    asking = [
        node.name
        for node in sample.nodes
        if node.resource_type != "unit_test" and OF_NOW.search(node.compiled_code or "")
    ]
    assert asking == []
