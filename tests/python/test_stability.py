"""Every figure about how days run and what breaks, against package `reference`.

On the sample, and on drawn shops, which are asked of the models' own SQL.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from math import isclose
from pathlib import Path

import duckdb
import numpy as np
import pytest

from benchmarks import anomalies
from reference import stability
from reference.facts import Cells, Key
from reference.stability import Measured
from support import Build

# in the order in which they are made
MODELS = ("int_daily_measures_flagged", *anomalies.MODELS, "rpt_stability")
# what they say of a day in a gap too long to look back over, and so leave out
OF_LONG_GAPS = {
    "int_daily_series": {(None, 1, None), (None, None, None)},
    "int_daily_expectations": {(None, 1, None, None), (None, None, None, None)},
    "int_daily_rates": {(None,)},
    "int_daily_comparisons": {(None, 1, *[None] * 3), (None, None, *[None] * 3)},
    "int_daily_deviations": {(*[None] * 8, 0, 1.1, 0.65)},
}
# in days
LONGEST_LOOKBACK = 93
# in int_daily_breaks they say something of a shift alone
OF_A_SHIFT = ("is_silent", "shift_score")
# all others have nine places
UNROUNDED = ("level", "unit_value", "evened_value")
NEVER = slice(0)
SUNDAYS = slice(6, None, 7)
FIRST_MONTH = slice(30)
HUNDRED_DAYS = slice(150, 250)


@dataclass(frozen=True)
class Compared:
    """Properties in a database, and what the reference says of them."""

    conn: duckdb.DuckDBPyConnection
    shops: dict[str, Measured]

    @cached_property
    def computed(self) -> dict[str, Cells]:
        """What the reference says of all days: keys -> values."""
        found: dict[str, Cells] = defaultdict(dict)
        for name, measured in self.shops.items():
            models = stability.daily(measured)
            models["int_daily_measures_flagged"] = stability.flagged(measured)
            broken = models["rpt_anomalies"]
            models["rpt_stability"] = stability.reported(measured, broken)
            for model, cells in models.items():
                found[model] |= {(name, *key): row for key, row in cells.items()}
        return found

    @cached_property
    def left_out(self) -> dict[str, Cells]:
        """What it says of days that the models leave out."""
        days = {name: of_long_gaps(measured) for name, measured in self.shops.items()}
        return {
            model: {
                key: row
                for key, row in self.computed[model].items()
                if key[3] in days[key[0]]
            }
            for model in OF_LONG_GAPS
        }

    def expected(self, model: str) -> Cells:
        """Give what a model must say: keys -> values."""
        left_out = self.left_out.get(model, {})
        computed = self.computed[model]
        return {key: row for key, row in computed.items() if key not in left_out}

    def actual(self, model: str) -> Cells:
        """Read what a model says: keys -> values."""
        key_count = 3 if model == "rpt_stability" else 4
        rows = self.rows(model)
        found = {tuple(row.values())[:key_count]: row for row in rows}
        assert len(found) == len(rows)
        return {key: tuple(row.values())[key_count:] for key, row in found.items()}

    def rows(self, model: str) -> list[dict[str, object]]:
        """Read the rows of a model by the names of their columns."""
        columns = "*"
        if model == "int_daily_breaks":
            told = (f"if(shift_sign != 0, {one}, null) as {one}" for one in OF_A_SHIFT)
            columns = f"* replace ({', '.join(told)})"
        found = self.conn.execute(f"select {columns} from {schema(model)}.{model}")
        names = [name for name, *_ in found.description]
        return [
            {
                name: float(value) if isinstance(value, Decimal) else value
                for name, value in zip(names, row, strict=True)
            }
            for row in found.fetchall()
        ]


def schema(model: str) -> str:
    """Name the schema of a model."""
    return "marts" if model.startswith("rpt_") else "intermediate"


def measured_in(conn: duckdb.DuckDBPyConnection) -> dict[str, Measured]:
    """Read the days of each property."""
    found: dict[str, Measured] = {}
    for name, measure, channel, day, value in conn.execute(
        "select property, measure, channel, report_date, daily_value "
        "from intermediate.int_daily_measures"
    ).fetchall():
        series = found.setdefault(name, {}).setdefault((measure, channel), {})
        series[day] = value
    return found


def of_long_gaps(measured: Measured) -> set[date]:
    """Tell which days lie too far behind the last one with data to look back to it."""
    days = sorted(set().union(*measured.values()))
    return {
        last + timedelta(number)
        for last, following in pairwise(days)
        for number in range(LONGEST_LOOKBACK + 1, (following - last).days)
    }


# --- drawn shops ----------------------------------------------------------------------


def factors(rng: np.random.Generator, day_count: int) -> np.ndarray:
    """Draw what breaks in a series: what each day's mean is multiplied by.

    A shift, which may begin in the middle of a day, odd days, some that are silent, and
    now and then a late beginning or an early end.
    """
    found = np.ones(day_count)
    shift, silence, late, end = rng.integers(day_count, size=4)
    found[shift:] *= rng.choice([0.2, 0.4, 2.5, 4])
    found[shift] **= rng.choice([0.3, 1])
    found[rng.integers(day_count, size=5)] *= rng.choice([0, 0.3, 3], 5)
    found[silence : silence + rng.integers(2, 9)] = 0
    if rng.random() < 0.4:
        found[: late // 3] = 0
    if rng.random() < 0.4:
        found[end:] = 0
    return found


def drawn_shop(
    rng: np.random.Generator,
    first: date,
    day_count: int,
    channels: range = range(4, 7),
    scale: float = 1,
    closed: slice | np.ndarray = NEVER,
    untracked: slice = NEVER,
) -> Measured:
    """Draw a shop in which much breaks, closed on some days, on others not tracked."""
    means = anomalies.random_shop(rng, day_count, channels).mean_sessions * scale
    breaks = np.array([factors(rng, day_count) for _ in range(means.shape[1])]).T
    level = np.maximum(factors(rng, day_count), 0.1)
    visits = rng.poisson(means * breaks * level[:, None])
    rates = rng.uniform(0.01, 0.3) * factors(rng, day_count)
    orders = rng.poisson(visits.sum(axis=1) * rates)
    lost = rng.integers(day_count, size=4)
    orders[lost[:3]], visits[lost[1:]] = 0, 0
    orders[closed], visits[closed], visits[untracked] = 0, 0, 0
    prices = rng.lognormal(4, 0.3, day_count)
    # days of returns, and some on which all is free
    prices[rng.integers(day_count, size=3)] *= -1
    free = rng.integers(day_count)
    prices[free : free + 40] = 0

    counts = {("sessions", f"channel {n}"): days for n, days in enumerate(visits.T)}
    counts["sessions", "(all)"] = visits.sum(axis=1)
    counts["conversions", "(all)"] = counts["revenue", "(all)"] = orders
    values = counts | {("revenue", "(all)"): orders * prices}
    # a day on which nothing happened has no rows
    return {
        name: {
            first + timedelta(int(place)): round(Decimal(float(values[name][place])), 2)
            for place in np.flatnonzero(days)
        }
        for name, days in counts.items()
        if days.any()
    }


def shop_with_gaps(rng: np.random.Generator, first: date) -> Measured:
    """Draw a shop without data for 1 to 400 days at a time, and 1,000 before its last.

    Some gaps are about as long as the models look back.
    """
    gaps = [*rng.integers(1, 401, 5), *range(90, 95), 1000]
    runs = rng.integers(1, 90, len(gaps))
    lengths = np.column_stack([runs, gaps]).ravel()
    is_closed = np.repeat([False, True] * len(gaps), lengths)
    closed = np.append(is_closed, False)
    return drawn_shop(rng, first, len(closed), range(2, 3), closed=closed)


def drawn_shops() -> dict[str, Measured]:
    """Draw shops that have begun on different days."""
    rng = np.random.default_rng(5)
    monday = date(2024, 1, 1)
    return {
        "usual": drawn_shop(rng, monday, 250),
        "many": drawn_shop(rng, monday + timedelta(30), 80, range(20, 21)),
        "sundays": drawn_shop(rng, monday, 200, closed=SUNDAYS),
        "long": drawn_shop(rng, monday - timedelta(40), 330, closed=HUNDRED_DAYS),
        "late": drawn_shop(rng, monday, 120, untracked=FIRST_MONTH),
        "young": drawn_shop(rng, monday + timedelta(200), 12),
        "quiet": drawn_shop(rng, monday - timedelta(5), 180, scale=0.01),
        "one": drawn_shop(rng, monday + timedelta(3), 150, range(1, 2)),
        "gaps": shop_with_gaps(rng, monday),
    }


def ask(
    conn: duckdb.DuckDBPyConnection, shops: dict[str, Measured], manifest: Path
) -> None:
    """Run the models on shops, as they are compiled in a manifest."""
    names = ("property", "measure", "channel", "report_date", "daily_value", "level")
    rows = [
        (shop, *name, day, float(value), float(level))
        for shop, measured in shops.items()
        for name, days in measured.items()
        for day, value in days.items()
        for level in [stability.share(value, day, name, measured)]
    ]
    columns = map(np.array, zip(*rows, strict=True))
    # DuckDB finds it by its name
    measures = dict(zip(names, columns, strict=True))  # noqa: F841
    conn.execute("attach ':memory:' as tributary; use tributary")
    conn.execute("create schema intermediate; create schema marts")
    conn.execute(
        "create table intermediate.int_daily_measures as select * replace ("
        "cast(report_date as date) as report_date, "
        "cast(daily_value as decimal(18, 2)) as daily_value) from measures"
    )
    nodes = json.loads(manifest.read_text())["nodes"]
    for model in MODELS:
        query = nodes[f"model.tributary.{model}"]["compiled_code"]
        conn.execute(f"create table {schema(model)}.{model} as {query}")


# --- what is compared -----------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn(sample: Build) -> Iterator[Compared]:
    """Ask the models about drawn shops."""
    with duckdb.connect() as conn:
        shops = drawn_shops()
        ask(conn, shops, sample.manifest)
        yield Compared(conn, shops)


@pytest.fixture(scope="module")
def given(sample: Build) -> Iterator[Compared]:
    """Read what the models say of the sample."""
    with duckdb.connect(str(sample.database), read_only=True) as conn:
        yield Compared(conn, measured_in(conn))


@pytest.fixture(params=["given", pytest.param("drawn", marks=pytest.mark.slow)])
def compared(request: pytest.FixtureRequest, sample: Build) -> Compared:
    """Give the sample, then drawn shops."""
    return request.getfixturevalue(request.param)


def agree(actual: tuple[object, ...], expected: tuple[object, ...]) -> bool:
    """Compare two rows, figures as closely as those that they are made of are rounded.

    Where a figure lies on half of its ninth place, a double lies on either side, and
    what is worked out of it moves as much of itself.
    """
    return len(actual) == len(expected) and all(
        isclose(one, other, rel_tol=1e-9, abs_tol=1.1e-9)
        if isinstance(one, float) and isinstance(other, float)
        else one == other
        for one, other in zip(actual, expected, strict=True)
    )


@pytest.mark.parametrize("model", MODELS)
def test_every_figure_is_that_of_an_independent_computation(
    compared: Compared, model: str
) -> None:
    actual, expected = compared.actual(model), compared.expected(model)
    assert expected
    assert actual.keys() == expected.keys()
    wrong: dict[Key, tuple[object, object]] = {
        key: (actual[key], row)
        for key, row in expected.items()
        if not agree(actual[key], row)
    }
    assert wrong == {}


@pytest.mark.parametrize("model", MODELS)
def test_figures_have_nine_places(compared: Compared, model: str) -> None:
    """So that two builds agree bit for bit."""
    longer = [
        (name, value)
        for row in compared.rows(model)
        for name, value in row.items()
        if name not in UNROUNDED
        and isinstance(value, float)
        and value != round(value, 9)
    ]
    assert longer == []


@pytest.mark.slow
def test_days_left_out_would_say_nothing(drawn: Compared) -> None:
    """Nothing is known or expected of them, and no more is told of what is usual."""
    said = {model: set(cells.values()) for model, cells in drawn.left_out.items()}
    # the weekday is known
    said["int_daily_series"] = {row[1:] for row in said["int_daily_series"]}
    assert said == OF_LONG_GAPS


def test_no_window_looks_back_further(sample: Build) -> None:
    """Else it would reach from behind the days left out of a gap to those before it."""
    sql = "".join(anomalies.sql_of_models(sample.manifest).values())
    windows = re.findall(
        r"partition by ([\w, ]+)\s+order by report_date\s+rows between (\d+) preceding",
        sql,
    )
    assert len(windows) == sql.count("rows between")
    days = [int(count) * (7 if "weekday" in keys else 1) for keys, count in windows]
    assert max(days) == LONGEST_LOOKBACK


@pytest.mark.slow
def test_drawn_shops_break_in_every_way(drawn: Compared) -> None:
    """Else nothing would be compared."""
    kinds = Counter(row["kind"] for row in drawn.rows("rpt_anomalies"))
    assert set(kinds) == set(stability.KINDS)
    assert min(kinds.values()) >= 10
    statuses = {row["status"] for row in drawn.rows("rpt_stability")}
    assert statuses == {"unstable", "spikes", "missing_days", "stable"}
