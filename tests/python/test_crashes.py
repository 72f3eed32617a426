"""Builds that are killed, starved or crowded: what readers have stays whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

import publish
from support import PROJECT, SEEDS, Build, mart_names

pytestmark = pytest.mark.slow

SCRIPT = PROJECT / "scripts" / "build.py"
# what conversions and their books need: enough of seeds, staging, marts and publishing
# to be killed in, and few enough to be built a hundred times
SELECTION = (
    "--select",
    "+rpt_reconciliation_daily",
    "--indirect-selection",
    "cautious",
)
# the rest is what a sound build left, so that here a part may be published
BUILD_PART = """
import sys
import build
build.left_out = lambda *_: []
sys.exit(build.main())
"""
TABLES = ("conversions", "conversions_backend", "session_sources")
# a file system of a few megabytes, as the user who runs the test
OWN_MOUNTS = ("unshare", "-rm")

Contents = Mapping[str, tuple[int, int]]


def contents(published: Path) -> Contents:
    """Count and hash the rows of each mart of a published file, in any order.

    All but the history of restatements, which tells what was published before.
    """
    with duckdb.connect(str(published), read_only=True) as conn:
        return {
            mart: conn.execute(
                f"select count(*), coalesce(bit_xor(hash(mart)), 0) "
                f"from marts.{mart} as mart"
            ).fetchall()[0]
            for mart in mart_names(conn)
            if mart != "rpt_restatements"
        }


@dataclass(frozen=True)
class Shop:
    """A shop whose raw files have two states, each with what its build publishes."""

    folder: Path
    expected: Mapping[str, Contents]

    @property
    def published(self) -> Path:
        """The published file."""
        return self.folder / "published.duckdb"

    def command(self, *selection: str) -> list[str]:
        """Write the command of a build of all, or of the selected nodes."""
        raw = {"company_x": str(self.folder / "raw")}
        script = ("-c", BUILD_PART) if selection else (str(SCRIPT),)
        return [
            *(sys.executable, *script, *selection),
            *("--vars", f"{{raw: {raw}, max_gap_share: 1}}"),
            *("--target-path", str(self.folder / "target")),
            *("--log-path", str(self.folder)),
        ]

    @property
    def environment(self) -> dict[str, str]:
        """Name the two databases."""
        return os.environ | {
            "TRIBUTARY_DB": str(self.folder / "tributary.duckdb"),
            "TRIBUTARY_PUBLISHED": str(self.published),
        }

    def deliver(self, state: str) -> None:
        """Put the raw files of a state in place."""
        for table in TABLES:
            shutil.copy(self.folder / state / f"{table}.csv", self.folder / "raw")

    def build(self, *selection: str) -> subprocess.CompletedProcess[str]:
        """Build and publish."""
        command = self.command(*selection)
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True
        )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Build both states of a shop: all of the sample's files, and half of each."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "raw").mkdir()
    for state, part in (("half", 2), ("whole", 1)):
        (folder / state).mkdir()
        for table in TABLES:
            lines = (SEEDS / "company_x" / f"{table}.csv").read_text().splitlines()
            text = "\n".join(lines[: len(lines) // part]) + "\n"
            (folder / state / f"{table}.csv").write_text(text)
    expected: dict[str, Contents] = {}
    built = Shop(folder, expected)
    for state in ("half", "whole"):
        built.deliver(state)
        done = built.build(*(SELECTION if expected else ()))
        assert done.returncode == 0, done.stderr
        expected[state] = contents(built.published)
    assert expected["half"] != expected["whole"]
    return built


def kill_builds(shop: Shop, kills: int, seed: int) -> None:
    """Kill builds at random moments, each time with other raw files, and look."""
    moments = random.Random(seed)
    started = time.monotonic()
    assert shop.build(*SELECTION).returncode == 0
    whole_build = time.monotonic() - started
    for number in range(kills):
        state = ("half", "whole")[number % 2]
        shop.deliver(state)
        process = subprocess.Popen(
            shop.command(*SELECTION),
            env=shop.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moments.uniform(0, whole_build))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert contents(shop.published) in shop.expected.values()
        # nobody cleans up by hand
        done = shop.build(*SELECTION)
        assert done.returncode == 0, done.stderr
        assert contents(shop.published) == shop.expected[state]
    left = {path.name for path in shop.folder.iterdir() if ".next" in path.name}
    assert left == set()


@pytest.mark.nightly
def test_builds_killed_at_fifty_moments(shop: Shop) -> None:
    kill_builds(shop, 50, seed=2)


PUBLISH = """
import sys
from pathlib import Path
from publish import publish
publish(*(Path(argument) for argument in sys.argv[1:]))
"""


def kill_publishers(sample: Build, folder: Path, kills: int, seed: int) -> None:
    """Kill publishers of two working databases in turn at random moments, and look."""
    moments = random.Random(seed)
    other = folder / sample.database.name
    shutil.copy(sample.database, other)
    with duckdb.connect(str(other)) as conn:
        conn.execute("delete from marts.fct_conversions where property = 'company_x'")
    published = folder / "published.duckdb"

    def publisher(working: Path) -> subprocess.Popen[bytes]:
        files = (str(working), str(published), str(sample.manifest))
        return subprocess.Popen([sys.executable, "-c", PUBLISH, *files])

    expected = []
    for working in (sample.database, other):
        started = time.monotonic()
        assert publisher(working).wait() == 0
        duration = time.monotonic() - started
        expected.append(contents(published))
    assert expected[0] != expected[1]
    seen = set()
    for number in range(kills):
        process = publisher((sample.database, other)[number % 2])
        time.sleep(moments.uniform(0, 1.2 * duration))
        process.kill()
        process.wait()
        found = contents(published)
        assert found in expected
        seen.add(expected.index(found))
    assert publisher(sample.database).wait() == 0
    assert contents(published) == expected[0]
    assert {path.name for path in folder.iterdir()} == {published.name, other.name}


def test_a_killed_publisher_leaves_one_file_or_the_other(
    sample: Build, tmp_path: Path
) -> None:
    kill_publishers(sample, tmp_path, 6, seed=3)


@pytest.mark.nightly
def test_publishers_killed_at_fifty_moments(sample: Build, tmp_path: Path) -> None:
    kill_publishers(sample, tmp_path, 50, seed=4)


def test_the_copy_is_on_the_disk_before_it_is_renamed(
    sample: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Content, then name, then folder: in this order a power cut loses nothing."""
    path, done = tmp_path / "published.duckdb", []
    sync, replace = os.fsync, os.replace

    def noted_sync(descriptor: int) -> None:
        done.append(("sync", Path(os.readlink(f"/proc/self/fd/{descriptor}")).name))
        sync(descriptor)

    def noted_replace(source: Path, target: Path) -> None:
        done.append(("rename", Path(source).name))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    publish.publish(sample.database, path, sample.manifest)
    copy = f"published.duckdb.{os.getpid()}.next"
    assert done == [("sync", copy), ("rename", copy), ("sync", tmp_path.name)]


def own_mounts() -> None:
    """Skip where the machine does not let a test mount a folder of its own."""
    if not shutil.which("unshare"):
        pytest.skip("needs unshare")
    tried = subprocess.run([*OWN_MOUNTS, "mount", "-t", "tmpfs", "none", "/mnt"])
    if tried.returncode:
        pytest.skip("needs to be allowed a mount namespace (unshare -rm)")


def build_in(shop: Shop, folder: Path, *mount: str) -> tuple[int, str, Contents]:
    """Build while the published file lies in a folder that is mounted as told.

    Returns:
        The exit code, what was said on the error stream, and what is published then.
    """
    own_mounts()
    kept = folder / "kept.duckdb"
    inside = folder / "small"
    inside.mkdir()
    script = "\n".join(
        [
            "set -e",
            *mount,
            'code=0; "$@" || code=$?',
            f"cp {inside}/published.duckdb {kept}",
            f"ls {inside} > {folder}/left",
            "exit $code",
        ]
    )
    done = subprocess.run(
        [*OWN_MOUNTS, "sh", "-c", script, "sh", *shop.command(*SELECTION)],
        env=shop.environment
        | {"TRIBUTARY_PUBLISHED": str(inside / "published.duckdb")},
        capture_output=True,
        text=True,
    )
    assert (folder / "left").read_text().split() == ["published.duckdb"]
    return done.returncode, done.stderr, contents(kept)


def test_a_publisher_on_a_full_disk_leaves_the_file(
    sample: Build, tmp_path: Path
) -> None:
    """There is room for the file that is published, and not for another one."""
    own_mounts()
    good = tmp_path / "published.duckdb"
    publish.publish(sample.database, good, sample.manifest)
    small, kept = tmp_path / "small", tmp_path / "kept.duckdb"
    small.mkdir()
    script = (
        f"mount -t tmpfs -o size={good.stat().st_size * 3 // 2} none {small} "
        f'&& cp {good} {small}/ && {{ "$@"; code=$?; }}; '
        f"cp {small}/published.duckdb {kept}; ls {small}; exit $code"
    )
    files = (sample.database, small / good.name, sample.manifest)
    command = [sys.executable, "-c", PUBLISH, *(str(file) for file in files)]
    done = subprocess.run(
        [*OWN_MOUNTS, "sh", "-c", script, "sh", *command],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "space" in done.stderr
    assert done.stdout.split() == [good.name]
    assert contents(kept) == contents(good)


@pytest.mark.nightly
def test_a_full_disk_is_one_line_and_leaves_the_file(
    shop: Shop, tmp_path: Path
) -> None:
    """There is room for the file that is published, and not for another one."""
    size = shop.published.stat().st_size * 3 // 2
    before = contents(shop.published)
    shop.deliver("whole")
    code, said, found = build_in(
        shop,
        tmp_path,
        f"mount -t tmpfs -o size={size} none {tmp_path}/small",
        f"cp {shop.published} {tmp_path}/small/",
    )
    assert code == 1
    assert len(said.splitlines()) == 2, said
    assert "published.duckdb" in said
    assert "space" in said
    assert "Nothing was published" in said
    assert found == before


@pytest.mark.nightly
def test_a_folder_that_may_not_be_written_is_one_line(
    shop: Shop, tmp_path: Path
) -> None:
    before = contents(shop.published)
    code, said, found = build_in(
        shop,
        tmp_path,
        f"mount -t tmpfs none {tmp_path}/small",
        f"cp {shop.published} {tmp_path}/small/",
        f"mount -o remount,ro {tmp_path}/small",
    )
    assert code == 1
    assert len(said.splitlines()) == 2, said
    assert "Nothing was published" in said
    assert found == before


@pytest.mark.nightly
def test_of_two_builds_at_once_one_says_who_is_in_its_way(shop: Shop) -> None:
    shop.deliver("whole")
    both = [
        subprocess.Popen(
            shop.command(*SELECTION),
            env=shop.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = sorted((process.communicate()[1], process.returncode) for process in both)
    (_, first), (said, second) = ends
    assert (first, second) == (0, 1), ends
    assert len(said.splitlines()) == 2, said
    assert "another build" in said
    assert contents(shop.published) == shop.expected["whole"]
