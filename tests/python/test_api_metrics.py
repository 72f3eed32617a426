"""The API's metrics are MetricFlow's: the same names, and the same numbers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from serving.api.metrics import TIME, Asked, Compiler, read_metrics
from serving.api.publication import Publication
from test_metrics import CASES, Case, rows

METRICS = read_metrics()
ENTITY = r"\{\{ Entity\('(\w+)'\) \}\}"
EQUALS = re.compile(rf"{ENTITY} = '([^']*)'")
AMONG = re.compile(rf"{ENTITY} in \(('[^']*'(?:, *'[^']*')*)\)")


def filter_of(case: Case) -> str | None:
    """Write a case's condition as a filter of the API; None where it has none."""
    if match := EQUALS.fullmatch(case.where or ""):
        return f"{match[1]}:eq:{match[2]}"
    if match := AMONG.fullmatch(case.where or ""):
        return f"{match[1]}:in:{match[2].replace(chr(39), '').replace(', ', ',')}"
    return None


ASKED = [case for case in CASES if not case.where or filter_of(case)]


@pytest.fixture(scope="module")
def publication(published: Path) -> Publication:
    """Open the published sample as the API does."""
    found = os.stat(published)
    return Publication(published, (found.st_ino, found.st_mtime_ns, found.st_size))


@pytest.fixture(scope="module")
def marts(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Ask the published file itself."""
    with duckdb.connect(str(published), read_only=True) as conn:
        yield conn


def computed(publication: Publication, case: Case, metric: str) -> dict[tuple, Any]:
    """Compute a metric of a case as the API does."""
    periods = [group.partition("__")[2] for group in case.by if TIME in group]
    groups = tuple(group for group in case.by if TIME not in group)
    filters = filter_of(case)
    asked = Asked(
        groups,
        periods[0] if periods else None,
        filters=(filters,) if filters else (),
    )
    query = Compiler(publication).query(METRICS[metric], asked)
    found = publication.rows(query.sql, query.values)
    names = [TIME if TIME in group else group for group in case.by]
    order = [asked.columns.index(name) for name in names]
    return {
        tuple(row[n] for n in order): None if row[-1] is None else float(row[-1])
        for row in found
    }


def test_most_cases_can_be_asked() -> None:
    assert len(ASKED) > 0.9 * len(CASES)
    public = {name for name, metric in METRICS.items() if not metric.is_part}
    assert public == {name for case in ASKED for name in case.metrics}


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case.question)
def test_a_metric_is_the_number_of_the_marts(
    case: Case, publication: Publication, marts: duckdb.DuckDBPyConnection
) -> None:
    """Each metric by itself, compared with the SQL that MetricFlow is compared with."""
    compared = 0
    for number, metric in enumerate(case.metrics):
        found = computed(publication, case, metric)
        expected = rows(case, case.sql, marts)
        for group, numbers in expected.items():
            if numbers[number]:
                assert found[group] == pytest.approx(numbers[number], abs=2e-9)
                compared += 1
        shown = {group for group, value in found.items() if value}
        assert shown == {g for g, numbers in expected.items() if numbers[number]}
    assert compared


def test_case_of_another_metric_is_not_equal(
    publication: Publication, marts: duckdb.DuckDBPyConnection
) -> None:
    """The comparison can fail."""
    case = next(c for c in ASKED if c.metrics[0] == "sessions")
    other = replace(case, metrics=("users",))
    assert computed(publication, other, "users") != computed(
        publication, case, "sessions"
    )
