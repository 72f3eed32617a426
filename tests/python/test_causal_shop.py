"""The shop whose truth is known: the closed form agrees with switching channels off."""

from __future__ import annotations

import csv
import subprocess
import sys
from functools import cache
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev

import duckdb
import pytest

from sample.causal_shop import (
    BRAND_CHANNEL,
    CHANNELS,
    TRUTH_COLUMNS,
    CausalShop,
    causal_shop,
    drawn_shop,
    poisson_thresholds,
    write_causal_shop,
)
from sample.shop_2023 import COLUMNS
from support import PROJECT

USERS = 100_000
SEED = 7
# one false alarm in 16,000 for each comparison
STANDARD_ERRORS = 4


@cache
def revenue_by_user(shop: CausalShop) -> list[float]:
    """Draw the shop; returns what each user spends, EUR."""
    with drawn_shop(shop, USERS, SEED) as conn:
        rows = conn.execute(
            "select case when purchases.user_number is null then 0 "
            "else users.revenue end from users left join purchases "
            "on users.user_number = purchases.user_number order by users.user_number"
        ).fetchall()
    return [amount for (amount,) in rows]


@pytest.fixture(scope="module")
def spent() -> list[float]:
    """Draw what each user spends with every channel switched on, EUR."""
    return revenue_by_user(causal_shop())


def agrees(values: list[float], expected: float) -> bool:
    """Tell whether the mean of independent draws is as expected."""
    tolerance = STANDARD_ERRORS * stdev(values) / sqrt(len(values))
    return abs(fmean(values) - expected) <= tolerance


def test_expected_revenue_is_what_users_spend(spent: list[float]) -> None:
    assert agrees(spent, causal_shop().expected_revenue(1))


@pytest.mark.parametrize("channel", [channel.name for channel in CHANNELS])
def test_truth_is_what_switching_the_channel_off_costs(
    channel: str, spent: list[float]
) -> None:
    shop = causal_shop()
    left = revenue_by_user(shop.without(channel))
    lost = [before - after for before, after in zip(spent, left, strict=True)]
    truth = {line.channel: line.true_revenue for line in shop.truth(1)}
    assert agrees(lost, truth[channel])


def test_a_wrong_truth_would_be_noticed(spent: list[float]) -> None:
    left = revenue_by_user(causal_shop().without("Paid Search Non Brand"))
    lost = [before - after for before, after in zip(spent, left, strict=True)]
    truth = {line.channel: line.true_revenue for line in causal_shop().truth(1)}
    assert not agrees(lost, 1.2 * truth["Paid Search Non Brand"])


def test_without_channels_only_the_baseline_buys() -> None:
    assert CausalShop(channels=()).purchase_probability() == pytest.approx(0.02)


def test_shares_of_the_truth_sum_to_1() -> None:
    shares = [line.true_share for line in causal_shop(brand_search=True).truth(10)]
    assert sum(shares) == pytest.approx(1)


def test_brand_search_causes_nothing() -> None:
    lines = {line.channel: line for line in causal_shop(brand_search=True).truth(10)}
    assert lines[BRAND_CHANNEL].true_revenue == 0
    assert [lines[c.name] for c in CHANNELS] == causal_shop().truth(10)


def test_brand_search_changes_no_purchase_and_only_adds_clicks(tmp_path: Path) -> None:
    write_causal_shop(causal_shop(), tmp_path / "without", 5_000, SEED)
    write_causal_shop(causal_shop(brand_search=True), tmp_path / "with", 5_000, SEED)
    tables = [tmp_path / shop / "conversions.parquet" for shop in ("without", "with")]
    assert tables[0].read_bytes() == tables[1].read_bytes()
    added = duckdb.sql(
        f"from '{tmp_path}/with/session_sources.parquet' "
        f"except from '{tmp_path}/without/session_sources.parquet'"
    ).fetchall()
    assert {row[4] for row in added} == {BRAND_CHANNEL}
    assert duckdb.sql(
        f"select count(*) from '{tmp_path}/with/session_sources.parquet'"
    ).fetchall() == [
        (
            len(added)
            + duckdb.sql(f"from '{tmp_path}/without/session_sources.parquet'").shape[0],
        )
    ]


def test_every_brand_click_comes_minutes_before_its_purchase(tmp_path: Path) -> None:
    write_causal_shop(causal_shop(brand_search=True), tmp_path, 5_000, SEED)
    gaps = duckdb.sql(
        "select datediff('second', "
        "cast(event_date || ' ' || event_time as timestamp), "
        "cast(conv_date || ' ' || conv_time as timestamp)) "
        f"from '{tmp_path}/session_sources.parquet' as sessions "
        f"left join '{tmp_path}/conversions.parquet' as conversions "
        "on sessions.user_id = conversions.user_id "
        f"where channel_name = '{BRAND_CHANNEL}'"
    ).fetchall()
    assert gaps
    assert all(gap is not None and 60 <= gap <= 600 for (gap,) in gaps)


def test_visits_follow_the_poisson_distribution() -> None:
    assert list(poisson_thresholds(0.5))[:3] == pytest.approx(
        [0.6065306597, 0.9097959896, 0.9856123220]
    )
    with drawn_shop(causal_shop(), USERS, SEED) as conn:
        counts = dict(
            conn.execute("select channel, count(*) from visits group by all").fetchall()
        )
    for channel in CHANNELS:
        tolerance = STANDARD_ERRORS * sqrt(channel.exposures * USERS)
        assert abs(counts[channel.name] - channel.exposures * USERS) <= tolerance


def run(folder: Path, *options: str) -> dict[str, bytes]:
    """Run the command; returns the bytes of each file."""
    command = [sys.executable, PROJECT / "scripts" / "generate_sample.py"]
    options = ("--truth", str(folder), "--users", "3000", *options)
    subprocess.run([*command, *options], check=True)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_people(
    tmp_path: Path,
) -> None:
    first = run(tmp_path / "first", "--seed", "5", "--brand-search")
    again = run(tmp_path / "again", "--seed", "5", "--brand-search")
    other = run(tmp_path / "other", "--seed", "6", "--brand-search")
    assert first == again
    assert first["truth.csv"] == other["truth.csv"]
    assert first["conversions.parquet"] != other["conversions.parquet"]


def test_the_files_have_the_columns_of_the_2023_layout(tmp_path: Path) -> None:
    names = set(run(tmp_path))
    assert names == {"session_sources.parquet", "conversions.parquet", "truth.csv"}
    for table in ("session_sources", "conversions"):
        relation = duckdb.sql(f"from '{tmp_path / table}.parquet'")
        assert tuple(relation.columns) == COLUMNS[table]
        assert {str(type_) for type_ in relation.types} == {"VARCHAR"}
    with (tmp_path / "truth.csv").open(newline="", encoding="utf-8") as file:
        assert tuple(next(csv.reader(file))) == TRUTH_COLUMNS


def test_keys_are_unique(tmp_path: Path) -> None:
    write_causal_shop(causal_shop(brand_search=True), tmp_path, 20_000, SEED)
    for table, key in (("session_sources", "session_id"), ("conversions", "conv_id")):
        counts = duckdb.sql(
            f"select count(*), count(distinct {key}) from '{tmp_path / table}.parquet'"
        ).fetchall()
        assert counts[0][0] == counts[0][1] > 0
