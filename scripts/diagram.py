"""Draw how the marts refer to each other, from the tests that hold it.

    python scripts/diagram.py
    python scripts/diagram.py --check

Reads dbt's manifest (target/manifest.json, which any dbt command writes) and writes
`docs/relational_model.md`; with `--check` it only says whether that page is up to date.
A mart is drawn with the columns that its key and references are made of. A line is a
test `relationships_together`; how many rows stand at its end is told by the key and by
whether the reference may be null. So nothing is drawn that no test holds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
MANIFEST = PROJECT / "target" / "manifest.json"
PAGE = PROJECT / "docs" / "relational_model.md"
HEADING = """# The relational model

How the marts refer to each other, written by `make diagram` from the tests of the
project: a line is a test `relationships_together`, a key is a test `unique_together`.
All of them join on `property` too. Reports (`rpt_`) are made of these and refer to
nothing, but for anomalies to the series they are in; findings refer to the data quality
report.

`||` is exactly one row, `o|` or `|o` one or none, `}o` any number.
"""


@dataclass(frozen=True)
class Reference:
    """A mart whose columns stand in another one, perhaps of some rows alone."""

    referring: str
    referred: str
    columns: tuple[str, ...]
    to_columns: tuple[str, ...]
    condition: str


@dataclass(frozen=True)
class Model:
    """The keys of the marts, the columns never null, their types, the references."""

    keys: Mapping[str, tuple[str, ...]]
    filled: Mapping[str, frozenset[str]]
    types: Mapping[str, Mapping[str, str]]
    references: Sequence[Reference]


def referred_name(argument: str) -> str:
    """Take the name out of `ref('fct_sessions')`."""
    return argument.split("'")[1]


def read_model(manifest: Mapping[str, Any]) -> Model:
    """Read keys and references of the marts from dbt's manifest."""
    nodes = manifest["nodes"]
    marts = {
        key: node
        for key, node in nodes.items()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    }
    keys: dict[str, tuple[str, ...]] = {}
    filled = {node["name"]: frozenset[str]() for node in marts.values()}
    references = []
    for node in nodes.values():
        if node["resource_type"] != "test" or node.get("attached_node") not in marts:
            continue
        name = marts[node["attached_node"]]["name"]
        test = (node.get("test_metadata") or {}).get("name")
        arguments = (node.get("test_metadata") or {}).get("kwargs", {})
        columns = tuple(arguments.get("columns", ()))
        if test == "unique_together":
            keys[name] = columns
            filled[name] |= set(columns)
        elif test == "never_null":
            filled[name] |= set(columns)
        elif test == "relationships_together":
            references.append(
                Reference(
                    name,
                    referred_name(arguments["to"]),
                    columns,
                    tuple(arguments.get("to_columns") or columns),
                    node["config"].get("where") or "",
                )
            )
    types = {
        node["name"]: {c["name"]: c["data_type"] for c in node["columns"].values()}
        for node in marts.values()
    }
    references.sort(key=lambda r: (r.referring, r.referred, r.columns))
    return Model(keys, filled, types, references)


def cardinality(model: Model, reference: Reference) -> str:
    """Say how many rows stand at both ends, as mermaid writes it."""
    is_key = set(model.keys.get(reference.referring, ())) == set(reference.columns)
    is_filled = set(reference.columns) <= model.filled[reference.referring]
    near = "|o" if is_key else "}o"
    far = "||" if is_filled and not reference.condition else "o|"
    return f"{near}--{far}"


def entity(model: Model, name: str) -> Iterator[str]:
    """Draw a mart with its key and the columns that refer."""
    key = model.keys.get(name, ())
    foreign = {
        column
        for reference in model.references
        if reference.referring == name
        for column in reference.columns
    }
    yield f"    {name} {{"
    for column, data_type in model.types[name].items():
        marks = [
            mark
            for mark, columns in (("PK", key), ("FK", foreign))
            if column in columns and not (mark == "FK" and column == "property")
        ]
        if marks:
            yield f"        {data_type.split('(')[0]} {column} {', '.join(marks)}"
    yield "    }"


def page(model: Model) -> str:
    """Write the page: the diagram, and the references in words."""
    names = sorted({n for r in model.references for n in (r.referring, r.referred)})
    lines = [HEADING, "```mermaid", "erDiagram"]
    for reference in model.references:
        label = ", ".join(c for c in reference.columns if c != "property")
        drawn = f"{reference.referring} {cardinality(model, reference)}"
        lines.append(f'    {drawn} {reference.referred} : "{label}"')
    for name in names:
        lines += entity(model, name)
    lines += [
        "```",
        "",
        "| mart | refers to | by | where |",
        "| --- | --- | --- | --- |",
    ]
    for reference in model.references:
        pairs = zip(reference.columns, reference.to_columns, strict=True)
        by = ", ".join(a if a == b else f"{a} = {b}" for a, b in pairs)
        where = f"`{reference.condition}`" if reference.condition else ""
        lines.append(
            f"| {reference.referring} | {reference.referred} | {by} | {where} |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; the exit code is 1 where the page is out of date."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--manifest", type=Path, default=MANIFEST)
    options = parser.parse_args(arguments)
    if not options.manifest.is_file():
        print(f"{options.manifest} does not exist: run make build first")
        return 1
    text = page(read_model(json.loads(options.manifest.read_text())))
    if options.check:
        is_current = PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text
        print("up to date" if is_current else "out of date: run make diagram")
        return 0 if is_current else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(PROJECT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
