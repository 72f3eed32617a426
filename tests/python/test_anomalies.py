"""Anomalies: what is planted is found in two days, and little else is called one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.anomalies import (
    MANY_CHANNELS,
    USUAL_CHANNELS,
    Break,
    anomalies,
    best_power,
    breaks_found,
    daily_values,
    false_alarms,
    random_shop,
    sql_of_models,
)
from support import Build


@pytest.fixture(scope="module")
def sql(sample: Build) -> dict[str, str]:
    """Read the compiled SQL of the models."""
    return sql_of_models(sample.manifest)


def test_what_is_planted_in_the_sample_is_found_and_nothing_else(sample: Build) -> None:
    """Company X has a failed export and a sale, Afisha a busy day and lost visits.

    The failed export took the orders of the day too.
    """
    assert sample.rows(
        "select property, measure, channel, anomaly_date::text, kind "
        "from marts.rpt_anomalies order by all"
    ) == [
        ("afisha", "sessions", "(all)", "2017-11-24", "spike"),
        ("afisha", "sessions", "(all)", "2018-03-31", "missing_day"),
        ("company_x", "conversions", "(all)", "2021-07-15", "missing_day"),
        ("company_x", "sessions", "(all)", "2021-07-15", "missing_day"),
        ("company_x", "sessions", "(all)", "2021-07-23", "spike"),
    ]


@pytest.mark.parametrize(
    ("channels", "shop_count"), [(USUAL_CHANNELS, 20), (MANY_CHANNELS, 6)]
)
def test_clean_shops_raise_less_than_one_alarm_a_month(
    channels: range, shop_count: int, sql: dict[str, str]
) -> None:
    """However many channels there are for chance to move."""
    clean = false_alarms(np.random.default_rng(1), shop_count, 182, sql, channels)
    assert clean.shop_months > 35
    # nobody who is never wrong is listening
    assert 0 < clean.rate <= 1


@pytest.mark.parametrize(
    "planted",
    [
        Break("missing_day", "sessions", 0),
        Break("vanished_channel", "channel", 0),
        Break("spike", "sessions", 3),
        Break("level_shift", "sessions", 2.5),
        Break("level_shift", "channel", 0.5),
        Break("level_shift", "conversions", 0.5),
    ],
    ids=lambda planted: f"{planted.kind} {planted.target} {planted.factor}",
)
def test_planted_breaks_are_found_in_two_days(
    planted: Break, sql: dict[str, str]
) -> None:
    """The data end two days after the break."""
    result = breaks_found(np.random.default_rng(2), planted, 20, sql)
    assert result.planted == 20
    assert result.found >= 19
    assert result.named >= 18


def test_what_is_known_stays_whatever_comes_after(sql: dict[str, str]) -> None:
    """Rows up to two days before the end are those of the whole series."""
    rng = np.random.default_rng(3)
    whole = {
        f"shop {number}": daily_values(rng, random_shop(rng, 300))[0]
        for number in range(8)
    }
    for series in whole.values():
        # something must be found
        series["sessions", "(all)"][[80, 140, 160]] *= 3
    begun = {
        name: {key: days[:150] for key, days in series.items()}
        for name, series in whole.items()
    }
    known = [row for row in anomalies(begun, sql) if row[3] < 148]
    assert len(known) >= 16
    assert known == [row for row in anomalies(whole, sql) if row[3] < 148]


def test_the_best_detector_is_as_good_as_the_count_is_telling() -> None:
    """Nothing at all, of 3 usually, e^-3 of the days; of 1 it is e^-1.

    One or more, of ln 2 usually, half of the days; of twice that three quarters. Half
    of the alarms that nothing at all may raise find half as much.
    """
    assert best_power(3, 1 / 3, math.exp(-3)) == pytest.approx(math.exp(-1))
    assert best_power(3, 1 / 3, math.exp(-3) / 2) == pytest.approx(math.exp(-1) / 2)
    assert best_power(math.log(2), 2, 0.5) == pytest.approx(0.75)
