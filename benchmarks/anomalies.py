"""How many false alarms rpt_anomalies raises, and how many planted breaks it finds.

Clean shops are drawn at random (size, channels, weekdays, growth, season, noise with a
memory, value of orders), and the models' own SQL is asked about them; a fifth as many
with twenty to forty channels, for whom chance moves one sooner. Then one break is
planted in each of other shops, whose data end two days after it, so that nothing later
can help. Beside what was found stands what the best of all detectors could find: it
knows what each day was to bring and which break to look for, and spends on it one
series' even part of the budget of false alarms of the three days in which the break may
be found (Neyman and Pearson: the count itself decides).

    .venv/bin/python benchmarks/anomalies.py
    .venv/bin/python benchmarks/anomalies.py --only spike --shops 1000
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[1]
MODELS = (
    "int_daily_series",
    "int_daily_expectations",
    "int_daily_rates",
    "int_daily_comparisons",
    "int_daily_deviations",
    "int_daily_scores",
    "int_daily_breaks",
    "rpt_anomalies",
)
# the day of a break and two more
DAYS_TO_FIND = 3
FIRST_DAY = np.datetime64("2024-01-01")
DAYS_PER_MONTH = 30.44
# what the project allows per property and month
ALLOWED_FALSE_ALARMS = 1
# how many channels a shop may have
USUAL_CHANNELS = range(4, 9)
MANY_CHANNELS = range(20, 41)
# value of each day by measure and channel, nan where there is none
Series = Mapping[tuple[str, str], np.ndarray]
# what a break must be planted in to be found at all: that many a day on average
LEAST_DAILY = {"sessions": 100, "conversions": 20, "channel": 20}


@dataclass(frozen=True)
class Break:
    """A break to plant: what happens to which series, and what it is then called.

    `factor` multiplies the mean of the series from the day of the break on, or on that
    day alone.
    """

    kind: str
    target: str
    factor: float

    @property
    def is_lasting(self) -> bool:
        """Whether the days after are changed too."""
        return self.kind in ("level_shift", "vanished_channel")


BREAKS = (
    Break("missing_day", "sessions", 0),
    Break("missing_day", "conversions", 0),
    Break("vanished_channel", "channel", 0),
    *(
        Break(kind, target, factor)
        for kind in ("spike", "level_shift")
        for target in ("sessions", "channel", "conversions")
        for factor in (0.3, 0.5, 1.5, 2, 3)
    ),
)


@dataclass(frozen=True)
class Shop:
    """A shop to draw from: mean sessions by day and channel, and its orders."""

    # days × channels
    mean_sessions: np.ndarray
    conversion_rate: float
    order_value: float
    order_spread: float


def random_shop(
    rng: np.random.Generator, day_count: int, channels: range = USUAL_CHANNELS
) -> Shop:
    """Draw a shop: 100 to 5,000 sessions a day in some channels, 1 to 5 % buy.

    Weekdays differ by a fifth and by channel, growth is -1 to 3 % a week, a season
    moves it by a tenth in a year, and days vary by 2 to 10 % beyond chance, with a
    memory of up to half from day to day; each channel by as much again.
    """
    days = np.arange(day_count)
    channel_count = int(rng.integers(channels.start, channels.stop))
    noise = np.zeros(day_count)
    memory, spread = rng.uniform(0, 0.5), rng.uniform(0.02, 0.1)
    for day in days[1:]:
        fresh = np.sqrt(1 - memory**2) * rng.normal(0, spread)
        noise[day] = memory * noise[day - 1] + fresh
    level = np.exp(
        rng.uniform(np.log(100), np.log(5000))
        + rng.uniform(-0.01, 0.03) / 7 * days
        + 0.1 * np.sin(2 * np.pi * (days / 365 + rng.uniform()))
        + rng.normal(0, 0.2, 7)[days % 7]
        + noise
    )
    shares = rng.dirichlet(np.full(channel_count, 1.5))
    own_weekdays = rng.normal(0, 0.1, (7, channel_count))[days % 7]
    own_noise = rng.normal(0, rng.uniform(0.02, 0.1), (day_count, channel_count))
    return Shop(
        mean_sessions=level[:, None] * shares * np.exp(own_weekdays + own_noise),
        conversion_rate=rng.uniform(0.01, 0.05),
        order_value=rng.uniform(20, 150),
        order_spread=rng.uniform(0.4, 1.0),
    )


def can_hold(shop: Shop, planted: Break) -> bool:
    """Tell whether a shop has enough a day of what a break is planted in."""
    sessions = shop.mean_sessions.mean(axis=0)
    daily = {
        "sessions": sessions.sum(),
        "conversions": sessions.sum() * shop.conversion_rate,
        "channel": sessions.max(),
    }
    return bool(daily[planted.target] >= LEAST_DAILY[planted.target])


def daily_values(
    rng: np.random.Generator,
    shop: Shop,
    planted: Break | None = None,
    at: int = 0,
) -> tuple[Series, str]:
    """Draw the days of a shop, with a break or without.

    Args:
        rng: where chance comes from.
        shop: the shop.
        planted: the break, in a channel that can hold it.
        at: the day of the break; two days more are the last.

    Returns:
        The series, and the name of the channel with the break.
    """
    means = shop.mean_sessions
    if planted:
        means = means[: at + DAYS_TO_FIND]
    factors = np.ones(len(means))
    if planted:
        factors[at : None if planted.is_lasting else at + 1] = planted.factor
    target = planted.target if planted else ""
    channel = "(all)"
    if target == "sessions":
        means = means * factors[:, None]
    elif target == "channel":
        able = np.flatnonzero(means.mean(axis=0) >= LEAST_DAILY["channel"])
        number = int(rng.choice(able))
        means = means.copy()
        means[:, number] *= factors
        channel = f"channel {number}"
    visits = rng.poisson(means)
    rates = shop.conversion_rate * (factors if target == "conversions" else 1.0)
    orders = rng.poisson(visits.sum(axis=1) * rates)
    revenue = np.array(
        [rng.lognormal(0, shop.order_spread, n).sum() for n in orders]
    ).round(4)
    series = {
        ("sessions", f"channel {number}"): visits[:, number].astype(float)
        for number in range(visits.shape[1])
    }
    series["sessions", "(all)"] = visits.sum(axis=1).astype(float)
    series["conversions", "(all)"] = orders.astype(float)
    series["revenue", "(all)"] = (revenue * shop.order_value).round(2)
    # a day on which nothing happened has no rows
    return {key: np.where(days > 0, days, np.nan) for key, days in series.items()}, (
        channel
    )


def compiled_models(folder: Path) -> dict[str, str]:
    """Compile the models; returns their SQL by name."""
    outcome = dbtRunner().invoke(
        ["--log-level", "none", "compile", "--select", *MODELS]
        + ["--target-path", str(folder), "--log-path", str(folder)]
        + ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    )
    if not outcome.success:
        raise SystemExit("The models do not compile; see `dbt compile`.")
    return sql_of_models(folder / "manifest.json")


def sql_of_models(manifest: Path) -> dict[str, str]:
    """Read the compiled SQL of the models from a manifest."""
    nodes = json.loads(manifest.read_text())["nodes"]
    return {name: nodes[f"model.tributary.{name}"]["compiled_code"] for name in MODELS}


def anomalies(
    shops: Mapping[str, Series], sql: Mapping[str, str]
) -> list[tuple[str, str, str, int, str]]:
    """Ask the models about shops.

    Args:
        shops: the days of each shop, by its name.
        sql: the compiled SQL of the models.

    Returns:
        Property, measure, channel, number of the day and kind of each anomaly.
    """
    columns: dict[str, list[np.ndarray]] = {
        name: [] for name in ("property", "measure", "channel", "day", "value")
    }
    for name, series in shops.items():
        for (measure, channel), values in series.items():
            (days,) = np.nonzero(~np.isnan(values))
            columns["property"].append(np.full(len(days), name, dtype=object))
            columns["measure"].append(np.full(len(days), measure, dtype=object))
            columns["channel"].append(np.full(len(days), channel, dtype=object))
            columns["day"].append(days)
            columns["value"].append(values[days])
    # DuckDB finds it by its name
    rows = {name: np.concatenate(parts) for name, parts in columns.items()}  # noqa: F841
    with duckdb.connect() as conn:
        conn.execute("attach ':memory:' as tributary; use tributary")
        conn.execute("create schema intermediate; create schema marts")
        conn.execute(
            "create table intermediate.int_daily_measures as select property, measure, "
            "channel, cast($1 as date) + cast(day as integer) as report_date, "
            "cast(value as decimal(18, 2)) as daily_value from rows",
            [str(FIRST_DAY)],
        )
        for name in MODELS:
            schema = "marts" if name.startswith("rpt_") else "intermediate"
            conn.execute(f"create table {schema}.{name} as {sql[name]}")
        return conn.execute(
            "select property, measure, channel, "
            "date_diff('day', cast($1 as date), anomaly_date), kind "
            "from marts.rpt_anomalies order by all",
            [str(FIRST_DAY)],
        ).fetchall()


@dataclass(frozen=True)
class FalseAlarms:
    """What was raised on clean shops."""

    shop_months: float
    by_series: Mapping[str, int]

    @property
    def rate(self) -> float:
        """False alarms per property and month."""
        return sum(self.by_series.values()) / self.shop_months


def false_alarms(
    rng: np.random.Generator,
    shop_count: int,
    day_count: int,
    sql: Mapping[str, str],
    channels: range = USUAL_CHANNELS,
) -> FalseAlarms:
    """Count what is raised on clean shops, from their first day on."""
    shops = {
        f"shop {number}": daily_values(rng, random_shop(rng, day_count, channels))[0]
        for number in range(shop_count)
    }
    counts = {"sessions": 0, "channels": 0, "conversions": 0, "revenue": 0}
    for _, measure, channel, _, _ in anomalies(shops, sql):
        counts[measure if channel == "(all)" else "channels"] += 1
    return FalseAlarms(shop_count * day_count / DAYS_PER_MONTH, counts)


@dataclass(frozen=True)
class Found:
    """Of the breaks planted, how many were found, and called what they are.

    `bound` of them the best detector would find, on average.
    """

    planted: int
    found: int
    named: int
    bound: float


def usual_count(
    shop: Shop, planted: Break, series: Series, channel: str, at: int
) -> float:
    """Return what the days of a break would bring without it, on average."""
    if planted.target == "channel":
        means = shop.mean_sessions[:, int(channel.removeprefix("channel "))]
    elif planted.target == "sessions":
        means = shop.mean_sessions.sum(axis=1)
    else:
        means = np.nan_to_num(series["sessions", "(all)"]) * shop.conversion_rate
    return float(means[at : at + (DAYS_TO_FIND if planted.is_lasting else 1)].sum())


def best_power(usual: float, factor: float, alarm_rate: float) -> float:
    """Return how often the best test tells that a mean is `factor` times the usual.

    Args:
        usual: mean of the count, Poisson, that is known.
        factor: what the mean is multiplied by, not 1.
        alarm_rate: how often it may be wrong where the mean is the usual one.
    """
    largest = max(usual, usual * factor)
    counts = np.arange(int(largest + 12 * math.sqrt(largest) + 40))
    log_factorials = np.concatenate([[0], np.cumsum(np.log(counts[1:]))])

    def chances(mean: float) -> np.ndarray:
        return np.exp(counts * np.log(mean) - mean - log_factorials)

    # the least likely counts first, seen from the usual mean
    order = slice(None, None, -1 if factor > 1 else 1)
    clean, broken = chances(usual)[order], chances(max(usual * factor, 1e-9))[order]
    before = np.concatenate([[0], np.cumsum(clean)[:-1]])
    # at the border a coin decides
    spent = np.clip((alarm_rate - before) / np.maximum(clean, 1e-300), 0, 1)
    return float((spent * broken).sum())


def breaks_found(
    rng: np.random.Generator, planted: Break, shop_count: int, sql: Mapping[str, str]
) -> Found:
    """Plant a break in each of some shops whose data end two days later.

    It is found if the series that it is in has an anomaly on its day or the two after.
    """
    shops, where, powers = {}, {}, []
    for shop in able_shops(rng, planted, shop_count):
        name = f"shop {len(shops)}"
        at = int(rng.integers(60, 150))
        shops[name], channel = daily_values(rng, shop, planted, at)
        measure = "conversions" if planted.target == "conversions" else "sessions"
        where[name] = (measure, channel, at)
        alarm_rate = (
            ALLOWED_FALSE_ALARMS / DAYS_PER_MONTH * DAYS_TO_FIND / len(shops[name])
        )
        usual = usual_count(shop, planted, shops[name], channel, at)
        powers.append(best_power(usual, planted.factor, alarm_rate))
    found, named = set(), set()
    for name, measure, channel, day, kind in anomalies(shops, sql):
        target_measure, target_channel, at = where[name]
        if (measure, channel) == (target_measure, target_channel) and day >= at:
            found.add(name)
            if kind == planted.kind:
                named.add(name)
    return Found(shop_count, len(found), len(named), float(np.mean(powers)))


def able_shops(
    rng: np.random.Generator, planted: Break, shop_count: int
) -> Iterator[Shop]:
    """Draw shops that can hold a break."""
    while shop_count:
        shop = random_shop(rng, 153)
        if can_hold(shop, planted):
            shop_count -= 1
            yield shop


def main(options: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shops", type=int, default=300, help="shops of each kind")
    parser.add_argument("--seed", type=int, default=1, help="where chance begins")
    kinds = ["clean", *dict.fromkeys(planted.kind for planted in BREAKS)]
    parser.add_argument("--only", choices=kinds, help="one part of it")
    args = parser.parse_args(options)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        sql = compiled_models(Path(folder))
    for channels, share in ((USUAL_CHANNELS, 1), (MANY_CHANNELS, 0.2)):
        if args.only not in (None, "clean"):
            continue
        rng = np.random.default_rng([args.seed, channels.start, channels.stop])
        clean = false_alarms(rng, math.ceil(args.shops * share), 365, sql, channels)
        print(
            f"False alarms per property and month, {channels.start} to "
            f"{channels.stop - 1} channels: {clean.rate:.2f} "
            f"({sum(clean.by_series.values())} in {clean.shop_months:,.0f})"
        )
        for series, count in clean.by_series.items():
            print(f"  {series:<14}{count / clean.shop_months:.3f}")
    print("Planted breaks: found within two days, called by their name, best possible")
    for number, planted in enumerate(BREAKS):
        if args.only not in (None, planted.kind):
            continue
        rng = np.random.default_rng([args.seed, number])
        result = breaks_found(rng, planted, args.shops, sql)
        size = f"x {planted.factor:.2g}" if planted.factor else ""
        found, named = (n / result.planted for n in (result.found, result.named))
        what = f"{planted.kind:<18}{planted.target:<13}{size:<8}"
        print(f"  {what}{found:>7.1%}{named:>7.1%}{result.bound:>7.1%}", flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
