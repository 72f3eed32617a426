"""Fixtures: the sample, built once and published once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from publish import publish
from support import Build, dbt


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the sample: all models, data tests and unit tests."""
    return dbt(tmp_path_factory.mktemp("sample"), "build", unit_tests=True)


@pytest.fixture(scope="session")
def published(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the sample."""
    path = tmp_path_factory.mktemp("published") / "tributary.duckdb"
    publish(sample.database, path, sample.manifest)
    return path
