"""Fixtures: the sample, built once and published once for all tests."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest
from playwright.sync_api import Browser

import answers
from browser import chromium, chromium_path
from publish import publish
from raw_data.personal import KEY_VARIABLE
from support import PARSES, PII_KEY, Build, Written, dbt, environment, locked


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a build that is there be tested in the place of a new one."""
    parser.addoption("--built", type=Path, help="folder of a build of the sample")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Begin with the files that build much, so that no process ends with one.

    While the first file has the sample built, the other process does those that ask for
    none. Of a build that is there, ask only the tests that look at it.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    asking = {item.path for item in items if "sample" in item.fixturenames}
    items.sort(
        key=lambda item: (
            item.path.stem != "test_sample",
            item.path not in slow,
            item.path in asking,
        )
    )
    if config.getoption("--built"):
        items[:] = [item for item in items if "sample" in item.fixturenames]


@pytest.fixture(scope="session", autouse=True)
def surroundings_of_builds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hash personal values, so that they can be compared; share what is parsed."""
    parses = common_folder(tmp_path_factory) / "parses"
    parses.mkdir(exist_ok=True)
    with environment(**{KEY_VARIABLE: PII_KEY, PARSES: str(parses)}):
        yield


def common_folder(factory: pytest.TempPathFactory) -> Path:
    """Give the folder that all test processes share."""
    own = factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def shared(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """Give a folder that all test processes share, and whether it is filled already.

    The first to come makes what belongs there, while the others wait.
    """
    folder = common_folder(factory) / name
    done = folder.with_suffix(".done")
    with locked(folder):
        yield folder, done.exists()
        done.touch()


@pytest.fixture(scope="session")
def sample(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Build:
    """Build the sample: all models, data tests and unit tests."""
    if built := pytestconfig.getoption("--built"):
        return Build(built)
    with shared(tmp_path_factory, "sample") as (folder, is_filled):
        return Build(folder) if is_filled else dbt(folder, "build", unit_tests=True)


@pytest.fixture(scope="session")
def published(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the sample."""
    with shared(tmp_path_factory, "published") as (folder, is_filled):
        path = folder / "tributary.duckdb"
        if not is_filled:
            folder.mkdir()
            publish(sample.database, path, sample.manifest)
        return path


@pytest.fixture(scope="session")
def written(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Run the script once on the published sample."""
    with shared(tmp_path_factory, "answers") as (folder, is_filled):
        said = folder.with_suffix(".txt")
        if not is_filled:
            output = io.StringIO()
            place = environment(TRIBUTARY_PUBLISHED=str(published))
            with place, redirect_stdout(output):
                assert answers.main(["--out", str(folder)]) == 0
            said.write_text(output.getvalue(), encoding="utf-8")
        return Written(folder, said.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Run a browser, where the machine has one."""
    path = chromium_path()
    if not path:
        pytest.skip("needs chromium (Debian: chromium)")
    with chromium(path) as running:
        yield running
