"""What a build of the project consists of, as dbt wrote it down."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

# the condition of an incremental model, which a full build does without
MARKED = re.compile(r"(?s)/[*] changed units: [*]/.*?/[*] no others [*]/")
FIXTURE = "__dbt__cte__"
LAYERS = ("intermediate", "marts")


@dataclass(frozen=True)
class Model:
    """A model, and the SQL that makes it; none where it is written in Python."""

    key: str
    name: str
    layer: str
    file: str
    relation: str
    sql: str | None
    source: str
    is_view: bool
    is_contract: bool
    parents: frozenset[str]


@dataclass(frozen=True)
class DataTest:
    """A query that finds nothing where all is well, and the models that it reads."""

    key: str
    name: str
    sql: str
    parents: frozenset[str]


@dataclass(frozen=True)
class UnitTest:
    """The SQL of a model on invented rows, and the rows that it must give.

    Those are rows, or a query for them.
    """

    key: str
    name: str
    model: str
    sql: str
    expected: list[dict[str, Any]] | str
    has_own_vars: bool


@dataclass(frozen=True)
class Project:
    """All that was built: models in an order in which they can be built."""

    models: dict[str, Model]
    tests: dict[str, DataTest]
    unit_tests: dict[str, UnitTest]
    # relations by the name that a fixture gives them
    fixtures: dict[str, str]

    def unit_tests_of(self, model: str) -> list[UnitTest]:
        """List the unit tests of a model."""
        return [test for test in self.unit_tests.values() if test.model == model]


def read_project(target: Path) -> Project:
    """Read a build that has run all models and tests.

    Args:
        target: the folder with its manifest.json and run_results.json.
    """
    manifest = json.loads((target / "manifest.json").read_text())
    results = json.loads((target / "run_results.json").read_text())["results"]
    compiled = {one["unique_id"]: one["compiled_code"] for one in results}
    nodes = {key: node for key, node in manifest["nodes"].items() if key in compiled}
    models = {key: node for key, node in nodes.items() if is_model(node)}
    order = TopologicalSorter(
        {key: set(parents(node)) & set(models) for key, node in models.items()}
    )
    return Project(
        models={key: model(models[key], compiled[key]) for key in order.static_order()},
        tests={
            key: DataTest(key, node["name"], compiled[key], frozenset(parents(node)))
            for key, node in nodes.items()
            if node["resource_type"] == "test"
        },
        unit_tests={
            key: UnitTest(
                key,
                test["name"],
                test["depends_on"]["nodes"][0],
                compiled[key],
                test["expect"]["rows"],
                bool(test["overrides"]),
            )
            for key, test in manifest["unit_tests"].items()
            if key in compiled
        },
        fixtures={
            FIXTURE + node["name"]: node["relation_name"]
            for node in manifest["nodes"].values()
            if node["resource_type"] in ("model", "seed")
        },
    )


def is_model(node: dict[str, Any]) -> bool:
    """Tell whether a node of the manifest is a model."""
    return node["resource_type"] == "model"


def parents(node: dict[str, Any]) -> list[str]:
    """List what a node reads."""
    return node["depends_on"]["nodes"]


def model(node: dict[str, Any], compiled: str) -> Model:
    """Read a model from its node; all rows of it, where it keeps some."""
    return Model(
        key=node["unique_id"],
        name=node["name"],
        layer=node["path"].split("/")[0],
        file=node["original_file_path"],
        relation=node["relation_name"],
        sql=MARKED.sub("", compiled) if node["language"] == "sql" else None,
        source=node["raw_code"],
        is_view=node["config"]["materialized"] == "view",
        is_contract=node["config"]["contract"]["enforced"],
        parents=frozenset(parents(node)),
    )
