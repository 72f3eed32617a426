"""The relational model: the page is what the tests of the project say."""

from __future__ import annotations

import json
from pathlib import Path

import diagram
from support import Build


def test_the_page_is_up_to_date(sample: Build) -> None:
    assert diagram.main(["--check", "--manifest", str(sample.manifest)]) == 0


def test_every_relationship_of_the_marts_is_drawn(sample: Build) -> None:
    nodes = json.loads(sample.manifest.read_text())["nodes"].values()
    tests = [
        node
        for node in nodes
        if (node.get("test_metadata") or {}).get("name") == "relationships_together"
    ]
    text = diagram.PAGE.read_text(encoding="utf-8")
    assert len(tests) >= 10
    assert sum("--" in line and " : " in line for line in text.splitlines()) == len(
        tests
    )


def test_the_ends_of_a_line_are_told_by_the_tests() -> None:
    """Sales are many to an event and may name none; a reconciled row is one to one."""
    model = diagram.Model(
        keys={"a": ("p", "id"), "b": ("p", "id")},
        filled={"a": frozenset({"p", "id"}), "b": frozenset({"p", "id"})},
        types={"a": {}, "b": {}},
        references=(),
    )

    def line(columns: tuple[str, ...], condition: str = "") -> str:
        reference = diagram.Reference("a", "b", columns, ("p", "id"), condition)
        return diagram.cardinality(model, reference)

    assert line(("p", "id")) == "|o--||"
    assert line(("p", "id"), "is_known") == "|o--o|"
    assert line(("p", "other")) == "}o--o|"


def test_a_page_that_is_out_of_date_is_refused(sample: Build, tmp_path: Path) -> None:
    manifest = json.loads(sample.manifest.read_text())
    manifest["nodes"] = {
        key: node
        for key, node in manifest["nodes"].items()
        if "fct_sales" not in node["name"]
    }
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))
    assert diagram.main(["--check", "--manifest", str(path)]) == 1
