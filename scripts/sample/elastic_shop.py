"""A shop whose elasticities are known: what the next euro brings, in closed form.

In week t a channel spends s and is credited with

    revenue = a s^b x season_t x noise,    E[noise] = 1

with an elasticity b of its own, and a such that at its base spend the next euro brings
`base_return` of gross profit. The season is shared by all channels: a yearly wave of
the logarithm and a shock of the week. Spend strays around its base and follows the
season, as budgets do, which is what misleads a regression that ignores it. Noise is
lognormal; with `persistence` it is an autoregression of order 1 of the same variance.

**Truth.** Were each of the last four weeks' spends raised by the same share, revenue
would grow by b x E[revenue] / spend for each euro, since ds^b/ds = b s^b / s: the true
marginal return is gross_margin x b x sum E[revenue] / sum spend over these weeks. The
true optimum is that of the same curves with no noise (`best_spend`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np

FIRST_WEEK = date(2023, 1, 2)
RECENT_WEEKS = 4
# what reads the tables of `write_performance`
BUDGET_MODELS = (
    *("int_experiments", "fct_experiments", "rpt_budget_weeks"),
    *("rpt_budget_responses", "rpt_budget_elasticities", "rpt_budget_margins"),
    *("rpt_budget_splits", "rpt_budget"),
)


@dataclass(frozen=True)
class ElasticChannel:
    """A channel: elasticity, EUR a week, and what the next euro brings there."""

    name: str
    elasticity: float
    base_spend: float
    base_return: float


# the best split of each differs clearly from its spend: none is near the balance
CHANNELS = (
    ElasticChannel("Affiliates", 0.45, 900, 0.45),
    ElasticChannel("Comparison", 0.60, 1_400, 2.40),
    ElasticChannel("Display", 0.25, 2_500, 0.50),
    ElasticChannel("Email", 0.35, 600, 2.20),
    ElasticChannel("Influencers", 0.50, 1_800, 0.60),
    ElasticChannel("Podcasts", 0.70, 1_100, 2.10),
    ElasticChannel("Radio", 0.40, 3_000, 0.55),
    ElasticChannel("Search", 0.55, 5_000, 2.00),
    ElasticChannel("Social", 0.65, 4_000, 0.60),
    ElasticChannel("Video", 0.30, 2_000, 2.30),
)


@dataclass(frozen=True)
class ElasticShop:
    """The set truth of a shop.

    Attributes:
        channels: who spends, and how revenue answers.
        weeks: whole weeks of data.
        spend_variation: standard deviation of log spend around its base and season.
        noise: standard deviation of log revenue around the curve.
        season: height of the yearly wave of log revenue.
        season_shock: standard deviation of the shared shock of a week.
        season_following: by which power of the season spend rises with it.
        persistence: correlation of a week's noise with that of the week before.
        gross_margin: share of revenue left after the cost of goods.
    """

    channels: tuple[ElasticChannel, ...] = CHANNELS
    weeks: int = 52
    spend_variation: float = 0.4
    noise: float = 0.2
    season: float = 0.3
    season_shock: float = 0.1
    season_following: float = 1.0
    persistence: float = 0.0
    gross_margin: float = 1.0


@dataclass(frozen=True)
class Draw:
    """What a shop did.

    Attributes:
        shop: the shop.
        spend: EUR, shape (channels, weeks), in whole cents.
        revenue: EUR, the same shape, in whole cents.
        expected_revenue: EUR, without noise, the same shape.
    """

    shop: ElasticShop
    spend: np.ndarray
    revenue: np.ndarray
    expected_revenue: np.ndarray

    @property
    def current_spend(self) -> np.ndarray:
        """Spend of the mean week of the last four, EUR, shape (channels,)."""
        return self.spend[:, -RECENT_WEEKS:].mean(axis=1)

    @property
    def marginal_return(self) -> np.ndarray:
        """Tell what the next euro truly brings: the module's formula, (channels,)."""
        revenue = self.expected_revenue[:, -RECENT_WEEKS:].sum(axis=1)
        spend = self.spend[:, -RECENT_WEEKS:].sum(axis=1)
        slopes = np.array([channel.elasticity for channel in self.shop.channels])
        return self.shop.gross_margin * slopes * revenue / spend

    def best_spend(self, max_change: float) -> np.ndarray:
        """Split the same total by the true curves, EUR, shape (channels,)."""
        slopes = np.array([channel.elasticity for channel in self.shop.channels])
        return equalised(self.current_spend, self.marginal_return, slopes, max_change)


def equalised(
    spend: np.ndarray, returns: np.ndarray, slopes: np.ndarray, max_change: float
) -> np.ndarray:
    """Split a total so that all marginal returns within the bounds are the same.

    Args:
        spend: EUR, shape (channels,).
        returns: what the next euro brings at that spend, the same shape.
        slopes: elasticities, the same shape.
        max_change: largest change of one, as a share of its spend.
    """
    low, high = np.log(returns.min()) - 9, np.log(returns.max()) + 9
    for _ in range(100):
        level = (low + high) / 2
        factor = np.exp((np.log(returns) - level) / (1 - slopes))
        split = spend * factor.clip(1 - max_change, 1 + max_change)
        low, high = (level, high) if split.sum() > spend.sum() else (low, level)
    return split


def drawn(shop: ElasticShop, seed: int) -> Draw:
    """Draw a shop; the same seed gives the same weeks."""
    random = np.random.default_rng(seed)
    shape = (len(shop.channels), shop.weeks)
    week = np.arange(shop.weeks)
    wave = shop.season * np.sin(2 * np.pi * week / 52)
    season = np.exp(wave + shop.season_shock * random.standard_normal(shop.weeks))
    base = np.array([channel.base_spend for channel in shop.channels])[:, None]
    slopes = np.array([channel.elasticity for channel in shop.channels])[:, None]
    returns = np.array([channel.base_return for channel in shop.channels])[:, None]
    strayed = np.exp(shop.spend_variation * random.standard_normal(shape))
    spend = (base * season**shop.season_following * strayed).round(2)
    scale = returns * base / slopes / base**slopes / shop.gross_margin
    expected = scale * spend**slopes * season
    noise = random.standard_normal(shape)
    for place in range(1, shop.weeks):
        fresh = np.sqrt(1 - shop.persistence**2) * noise[:, place]
        noise[:, place] = shop.persistence * noise[:, place - 1] + fresh
    revenue = expected * np.exp(shop.noise * noise - shop.noise**2 / 2)
    return Draw(shop, spend, revenue.round(2), expected)


def random_shop(seed: int) -> ElasticShop:
    """Draw the truth itself: ten channels of any elasticity and any margin."""
    random = np.random.default_rng([seed, 1])
    return replace(
        ElasticShop(),
        channels=tuple(
            ElasticChannel(
                channel.name,
                elasticity=round(random.uniform(0.1, 0.9), 3),
                base_spend=channel.base_spend,
                base_return=round(float(np.exp(0.5 * random.standard_normal())), 3),
            )
            for channel in CHANNELS
        ),
    )


def write_performance(
    database: Path,
    draws: Mapping[str, Draw],
    experiments: Sequence[tuple[str, ...]] = (),
) -> None:
    """Write what the budget models read: a working database with a property a draw.

    Half of a week stands on its Monday and half on its Sunday.

    Args:
        database: the file, written anew.
        draws: by property.
        experiments: rows of seed experiments, as text.
    """
    cells: dict[str, list] = {name: [] for name in ("site", "who", "day", "eur", "got")}
    for site, draw in draws.items():
        for place, channel in enumerate(draw.shop.channels):
            for week in range(draw.shop.weeks):
                monday = FIRST_WEEK + timedelta(weeks=week)
                spend = round(100 * draw.spend[place, week])
                revenue = round(100 * draw.revenue[place, week])
                for day, eur, got in (
                    (monday, spend // 2, revenue // 2),
                    (monday + timedelta(6), spend - spend // 2, revenue - revenue // 2),
                ):
                    values = (site, channel.name, day, eur, got)
                    for column, value in zip(cells.values(), values, strict=True):
                        column.append(value)
    # DuckDB finds arrays by the name of their variable
    arrays = {  # noqa: F841
        name: np.array(values, dtype="datetime64[s]" if name == "day" else None)
        for name, values in cells.items()
    }
    margins = [(site, draw.shop.gross_margin) for site, draw in draws.items()]
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as conn:
        for schema in ("marts", "intermediate", "mappings"):
            conn.execute(f"create schema {schema}")
        conn.execute(
            "create table marts.rpt_channel_performance as select "
            "site::varchar as property, 'last_non_direct' as attribution_model, "
            "'touch' as date_basis, cast(day as date) as report_date, "
            "who::varchar as channel, "
            "(eur * 0.01::decimal(3, 2))::decimal(18, 6) as cost, "
            "(got * 0.01::decimal(3, 2))::decimal(18, 2) as credited_revenue "
            "from arrays"
        )
        conn.execute(
            "create table intermediate.int_properties "
            "(property varchar, currency varchar, gross_margin decimal(18, 6))"
        )
        conn.executemany(
            "insert into intermediate.int_properties values (?, 'EUR', ?)", margins
        )
        conn.execute(
            "create table mappings.experiments (property varchar, channel varchar, "
            "period_start varchar, period_end varchar, "
            "lift varchar, lift_low varchar, lift_high varchar)"
        )
        for row in experiments:
            conn.execute(
                "insert into mappings.experiments values (?, ?, ?, ?, ?, ?, ?)", row
            )


@dataclass(frozen=True)
class Outcome:
    """What came of one setting.

    Attributes:
        held: whether the interval holds the truth, shape (draws, channels).
        right: whether the direction is the true one, the same shape.
        moved: by how much the true optimum moves the channel, as a share of its spend.
    """

    held: np.ndarray
    right: np.ndarray
    moved: np.ndarray


def recommendations(database: Path) -> dict[str, list[tuple]]:
    """Read (low, high, current, recommended) of each channel in order, by property."""
    with duckdb.connect(str(database), read_only=True) as conn:
        rows = conn.execute(
            "select property, marginal_romi_low + 1, marginal_romi_high + 1, "
            "current_spend::double, recommended_spend::double "
            "from marts.rpt_budget order by property, channel"
        ).fetchall()
    found: dict[str, list[tuple]] = {}
    for site, *figures in rows:
        found.setdefault(site, []).append(tuple(figures))
    return found


def outcome(draws: list[Draw], found: list[list[tuple]], max_change: float) -> Outcome:
    """Hold what was recommended against the truth of each draw."""
    held, right, moved = [], [], []
    for draw, figures in zip(draws, found, strict=True):
        low, high, current, recommended = np.array(figures, dtype=float).T
        truth = draw.marginal_return
        best = draw.best_spend(max_change)
        held.append((low <= truth) & (truth <= high))
        moved.append(best / draw.current_spend - 1)
        right.append(np.sign(recommended - current) == np.sign(moved[-1]))
    return Outcome(np.array(held), np.array(right), np.array(moved))
