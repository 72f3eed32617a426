"""Shops that nobody has seen go from their files to right marts without hand work.

Each is inspected with WRITE=1, and built with the var that this prints. What the marts
say is held against package `reference`, which computes it from the same truth. All are
properties of one build, and the mapping is that of a copy of the project.
"""

from __future__ import annotations

import io
import re
import shlex
import shutil
from contextlib import redirect_stdout
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

import inspect_data
from raw_data.common import plain
from reference import attribution, conversions
from support import (
    PROJECT,
    Build,
    building_in,
    copied_project,
    dbt,
    read_rows,
)
from unseen_shops import NOTATIONS, Shop, as_contract, made_shop, written_shop

pytestmark = pytest.mark.slow

SHOPS = range(5)
SELECTED = (
    "fct_sessions fct_attribution_credits fct_conversion_reconciliation "
    "fct_campaign_days fct_conversions fct_rejected_rows"
)


def inspected(shop: Shop, mappings: Path, *options: str) -> tuple[str, dict[str, Any]]:
    """Inspect a shop with WRITE=1; returns what was printed, and var `raw` in it."""
    output = io.StringIO()
    arguments = [str(shop.path), "--property", shop.name, "--write"]
    arguments += ["--mappings", str(mappings), "--time-zone", shop.notation.zone]
    with redirect_stdout(output):
        assert inspect_data.main([*arguments, *options]) == 0
    text = output.getvalue()
    (command,) = re.findall(r"^  (make build VARS=.*)$", text, re.MULTILINE)
    variables = shlex.split(command)[2].removeprefix("VARS=")
    return text, yaml.safe_load(variables)["raw"]


def seeds_copied(folder: Path) -> Path:
    """Copy the two seeds that inspection writes."""
    folder.mkdir(parents=True)
    for name in ("column_mapping.csv", "properties.csv"):
        shutil.copy(PROJECT / "seeds" / "mappings" / name, folder / name)
    return folder


# --- what is proposed ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5, 11))
def test_every_table_and_column_is_told(seed: int, tmp_path: Path) -> None:
    shop = made_shop(seed, NOTATIONS[seed % len(NOTATIONS)])
    shop.path = written_shop(shop, tmp_path / "data")
    mappings = seeds_copied(tmp_path / "mappings")
    _, raw = inspected(shop, mappings)

    told = raw[shop.name]["tables"]
    assert {role: plain(name) for role, name in told.items()} == {
        role: plain(name) for role, name in shop.names.items() if plain(name) != role
    }
    rows = [r for r in read_rows(mappings / "column_mapping.csv")]
    found = {(r["raw_table"], r["column_name"]): r["source_column"] for r in rows}
    expected = {
        (role, column): plain(name)
        for role, columns in shop.columns.items()
        for column, name in columns.items()
        if not column.startswith("noise_")
    }
    assert {key: found.get(key, key[1]) for key in expected} == expected
    # and nothing is made of what says nothing
    assert found.keys() <= expected.keys()


# --- what is built -------------------------------------------------------------------


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> list[Shop]:
    """Make five shops and write their files."""
    folder = tmp_path_factory.mktemp("shops")
    made = [made_shop(seed) for seed in SHOPS]
    for shop in made:
        shop.path = written_shop(shop, folder / shop.name)
    return made


@pytest.fixture(scope="module")
def built(shops: list[Shop], tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Inspect all of them, then build them together in a copy of the project."""
    folder = tmp_path_factory.mktemp("unseen")
    copy = copied_project(folder / "project")
    raw = {}
    for shop in shops:
        raw |= inspected(shop, copy / "seeds" / "mappings")[1]
    with building_in(copy):
        return dbt(
            folder / "build",
            "build",
            "--select",
            *(f"+{name}" for name in SELECTED.split()),
            "--exclude-resource-type",
            "test",
            variables={"raw": raw, "attribution_models": ["last_non_direct"]},
        )


def rows_of(built: Build, shop: Shop, sql: str) -> list[tuple[Any, ...]]:
    """Ask for the rows of a shop."""
    return built.rows(sql.format(where=f"property = '{shop.name}'"))


@pytest.fixture(params=SHOPS)
def shop(shops: list[Shop], request: pytest.FixtureRequest) -> Shop:
    """Take one of the shops after the other."""
    return shops[request.param]


@pytest.mark.nightly
def test_the_build_is_sound(built: Build) -> None:
    assert built.faults == {}


@pytest.mark.nightly
def test_nothing_is_refused(built: Build, shop: Shop) -> None:
    sql = "select raw_table, reason from marts.fct_rejected_rows where {where}"
    assert rows_of(built, shop, sql) == []


@pytest.mark.nightly
def test_sessions_are_as_they_were(built: Build, shop: Shop) -> None:
    sql = (
        "select session_id, user_id, started_at, session_date, channel "
        "from marts.fct_sessions where {where}"
    )
    assert set(rows_of(built, shop, sql)) == {
        (s.session_id, s.user_id, s.started_at, s.day, s.channel)
        for s in as_contract(shop).sessions
    }


@pytest.mark.nightly
def test_credits_are_those_of_the_definition(built: Build, shop: Shop) -> None:
    sql = (
        "select channel, sum(credit_share), sum(credited_revenue) * 100 "
        "from marts.fct_attribution_credits where {where} "
        "and attribution_model = 'last_non_direct' group by channel"
    )
    found = {
        channel: (count, cents) for channel, count, cents in rows_of(built, shop, sql)
    }
    credited = as_contract(shop).credits["last_non_direct"]
    assert found == attribution.by_channel(credited)


@pytest.mark.nightly
def test_costs_are_those_of_the_files(built: Build, shop: Shop) -> None:
    sql = (
        "select campaign_id, cost_date, cost, clicks from marts.fct_campaign_days "
        "where {where} and clicks is not null"
    )
    assert set(rows_of(built, shop, sql)) == {
        (bill.campaign_id, bill.day, bill.cost, bill.clicks)
        for bill in as_contract(shop).bills
    }


@pytest.mark.nightly
def test_both_sides_are_reconciled(built: Build, shop: Shop) -> None:
    sql = (
        "select conversion_id, status, revenue_gap "
        "from marts.fct_conversion_reconciliation where {where}"
    )
    found = {key: (status, gap) for key, status, gap in rows_of(built, shop, sql)}
    compared = conversions.reconciled(as_contract(shop).sides)
    assert found == {key: (row[0], row[11]) for (key,), row in compared.items()}


@pytest.mark.nightly
def test_what_was_paid_back_is_taken_off(built: Build, shop: Shop) -> None:
    sql = (
        "select coalesce(sum(revenue), 0) - sum(net_revenue) "
        "from marts.fct_conversions where {where}"
    )
    refunds = as_contract(shop).refunds
    paid_back = sum((refund.amount for refund in refunds), Decimal(0))
    assert rows_of(built, shop, sql) == [(paid_back,)]
