"""The house style that a linter cannot see, read from dbt's own manifest."""

from __future__ import annotations

import ast
import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from support import PROJECT, Build

PREFIXES = {
    "staging": ("stg_", "base_"),
    "intermediate": ("int_",),
    "marts": ("fct_", "dim_", "rpt_"),
    "semantic": ("time_spine",),
}
KEY_TESTS = {"unique", "unique_together"}
NEVER_NULL_TESTS = {"never_null", "unique_together"}
# a row of these is a row of the file as it came, and may come twice
KEYLESS = ("base_", "_unioned", "_rejections", "stg_raw__malformed_lines")
# null stands for the start or end of a journey, or for no group left out
NULL_IN_KEY = {"int_markov_transitions", "int_markov_removal_effects"}
# the declared key of conversions may hold a null user; of costs there is none
NULLABLE_KEY = {
    "stg_company_x__conversions",
    "stg_company_x__conversions_backend",
    "stg_company_x__api_adwords_costs",
    "stg_afisha__costs",
    "stg_contract__ad_costs",
    "stg_contract__conversions",
    "stg_contract__backend_conversions",
    "stg_shopify__orders",
    "int_tracked_conversions_checked",
    "int_backend_conversions_checked",
    "int_ad_costs_checked",
}
# layouts without a sample
UNSAMPLED = {"ga4", "shopify"}
# millions of rows are looked through once, where they are published
KEY_TESTED_WHERE_PUBLISHED = {
    "stg_vestiaire__clicks",
    "int_listing_events",
    "int_listings_checked",
    "int_sessions_counted",
}

Node = dict[str, Any]


@pytest.fixture(scope="module")
def nodes(sample: Build) -> list[Node]:
    """Read the nodes of the sample's manifest."""
    return list(json.loads(sample.manifest.read_text())["nodes"].values())


@pytest.fixture(scope="module")
def models(nodes: list[Node]) -> list[Node]:
    """Keep the models."""
    return [node for node in nodes if node["resource_type"] == "model"]


def layer(model: Node) -> str:
    """Name the folder right under `models/`."""
    return model["fqn"][1]


def names(models: list[Node]) -> list[str]:
    """Name each model, so that a failure says which."""
    return [model["name"] for model in models]


def test_prefix_matches_layer(models: list[Node]) -> None:
    assert (
        names([m for m in models if not m["name"].startswith(PREFIXES[layer(m)])]) == []
    )


def test_a_layer_reads_none_above_it(models: list[Node]) -> None:
    order = list(PREFIXES)
    layers = {m["unique_id"]: order.index(layer(m)) for m in models}
    assert (
        names(
            [
                m
                for m in models
                if any(
                    layers.get(parent, 0) > layers[m["unique_id"]]
                    for parent in m["depends_on"]["nodes"]
                )
            ]
        )
        == []
    )


def test_only_staging_reads_raw_data(nodes: list[Node], models: list[Node]) -> None:
    raw = {
        node["unique_id"]
        for node in nodes
        if node["resource_type"] == "seed" and node["schema"] == "sample"
    }
    assert raw
    readers = [m for m in models if raw & set(m["depends_on"]["nodes"])]
    assert names([m for m in readers if layer(m) != "staging"]) == []


def test_of_copies_the_row_as_it_came_decides_last(models: list[Node]) -> None:
    """Where copies are alike as typed, two builds would else refuse different ones."""
    refusing = [m for m in models if "is repeated" in m["raw_code"]]
    refusing = [m for m in refusing if layer(m) == "staging"]
    assert len(refusing) > 15
    window = re.compile(r"source_row( asc| nulls last)?\s+\) as copy_number")
    assert names([m for m in refusing if not window.search(m["compiled_code"])]) == []


def test_description_states_the_grain(models: list[Node]) -> None:
    assert (
        names([m for m in models if "**Grain:** one row per" not in m["description"]])
        == []
    )


def test_marts_have_contracts_with_every_column_described(models: list[Node]) -> None:
    marts = [m for m in models if layer(m) == "marts"]
    assert names([m for m in marts if not m["contract"]["enforced"]]) == []
    assert (
        names(
            [
                m
                for m in marts
                if any(not c["description"] for c in m["columns"].values())
            ]
        )
        == []
    )


def test_contract_types_are_portable(models: list[Node]) -> None:
    portable = {"string", "date", "timestamp", "boolean", "bigint", "double"}
    odd = [
        (m["name"], c["name"], c["data_type"])
        for m in models
        for c in m["columns"].values()
        if c.get("data_type")
        and c["data_type"] not in portable
        and not c["data_type"].startswith("decimal(")
    ]
    assert odd == []


def test_every_model_has_a_tested_key(nodes: list[Node], models: list[Node]) -> None:
    keyed = {
        node["attached_node"]
        for node in nodes
        if node["resource_type"] == "test"
        and node.get("test_metadata", {}).get("name") in KEY_TESTS
    }
    keyless = [
        m
        for m in models
        if m["unique_id"] not in keyed
        and m["name"] not in NULLABLE_KEY | NULL_IN_KEY | KEY_TESTED_WHERE_PUBLISHED
        and not any(part in m["name"] for part in KEYLESS)
    ]
    assert names(keyless) == []


def test_columns_are_described_in_the_order_of_the_sql(
    sample: Build, models: list[Node]
) -> None:
    columns = sample.rows(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name = current_database() order by column_index"
    )
    odd = []
    for model in models:
        relation = f"{model['schema']}.{model['name']}"
        described = list(model["columns"])
        made = [column for table, column in columns if table == relation]
        if described != [column for column in made if column in described]:
            odd.append(model["name"])
    assert odd == []


def test_a_mart_says_where_a_column_is_null(
    sample: Build, nodes: list[Node], models: list[Node]
) -> None:
    """Said where the sample has a null, and not where a test forbids it."""
    tested = {
        (node["attached_node"], column)
        for node in nodes
        if node["resource_type"] == "test"
        and node.get("test_metadata", {}).get("name") in NEVER_NULL_TESTS
        and not node["config"]["where"]
        for column in node["test_metadata"]["kwargs"]["columns"]
    }
    marts = [m for m in models if layer(m) == "marts" and m["columns"]]
    assert marts
    unsaid, untrue = [], []
    for mart in marts:
        counted = ", ".join(f"count(*) > count({name})" for name in mart["columns"])
        (nulls,) = sample.rows(f"select {counted} from marts.{mart['name']}")
        for column, is_null in zip(mart["columns"].values(), nulls, strict=True):
            is_said = "null" in column["description"].lower()
            if is_null and not is_said:
                unsaid.append(f"{mart['name']}.{column['name']}")
            if is_said and (mart["unique_id"], column["name"]) in tested:
                untrue.append(f"{mart['name']}.{column['name']}")
    assert unsaid == []
    assert untrue == []


def test_every_model_has_its_own_yaml() -> None:
    models = sorted((PROJECT / "models").rglob("*.sql"))
    assert models
    # a model in two languages has one, beside the Python
    in_python = {m.stem for m in (PROJECT / "models").rglob("*.py")}
    lacking = [m for m in models if not m.with_suffix(".yml").exists()]
    assert [m.name for m in lacking if m.stem not in in_python] == []


def test_every_layout_is_counted_and_sampled(nodes: list[Node]) -> None:
    """The lists in macros/raw are those of the sources YAML and the seeds.

    UNSAMPLED layouts are for other people's data alone.
    """
    bases = {
        tuple(node["name"].removeprefix("base_").split("__"))
        for node in nodes
        if node["name"].startswith("base_")
    }
    declared = mapping_in("macros/raw/raw_tables.sql", "layouts")
    sampled = mapping_in("macros/raw/sample_seeds.sql", "seeds")
    assert pairs(declared) == bases
    assert pairs(sampled) == {base for base in bases if base[0] not in UNSAMPLED}


def test_the_sample_is_on_the_clocks_of_its_properties() -> None:
    clocks = mapping_in("macros/raw/sample_seeds.sql", "time_zones")
    with (PROJECT / "seeds/mappings/properties.csv").open() as file:
        said = {row["property"]: row["time_zone"] for row in csv.DictReader(file)}
    assert clocks == said


def mapping_in(path: str, name: str) -> dict[str, Any]:
    """Read a mapping that a macro sets: Jinja writes it as Python does."""
    text = (PROJECT / path).read_text()
    found = re.search(rf"set {name} = (\{{.*?\}}) -%\}}", text, re.DOTALL)
    assert found
    return ast.literal_eval(found[1])


def pairs(layouts: dict[str, Any]) -> set[tuple[str, str]]:
    """List the layouts of a mapping with each of their tables."""
    return {(layout, table) for layout in layouts for table in layouts[layout]}


def test_nothing_of_one_machine_or_registry_is_committed() -> None:
    locks = list(PROJECT.glob("requirements*"))
    assert locks
    assert [p.name for p in locks if "://" in p.read_text()] == []
    assert not (PROJECT / "uv.lock").exists()


def test_exposures_name_the_marts_that_are_read(
    sample: Build, models: list[Node]
) -> None:
    exposures = json.loads(sample.manifest.read_text())["exposures"].values()
    named = {
        one["name"]: {key.rpartition(".")[2] for key in one["depends_on"]["nodes"]}
        for one in exposures
    }
    sources = [
        path.read_text()
        for path in (PROJECT / "serving").rglob("*.py")
        if path.parent.name != "api"
    ]
    asked = set(re.findall(r"marts\.((?:fct|dim|rpt)_\w+)", "".join(sources)))
    every = set(names([m for m in models if layer(m) == "marts"]))

    assert named == {
        "dashboard": asked,
        "report": asked,
        "api": every,
        "bi_tools": every,
    }


def test_every_seed_file_is_described(nodes: list[Node]) -> None:
    described = {n["name"] for n in nodes if n["resource_type"] == "seed"}
    files = {path.stem for path in Path(PROJECT / "seeds").rglob("*.csv")}
    assert files == described
