"""Budgets of shops whose elasticities are known, and against an independent reading."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from reference.budget import Margins, line, margins
from sample.elastic_shop import (
    BUDGET_MODELS,
    CHANNELS,
    FIRST_WEEK,
    Draw,
    ElasticShop,
    drawn,
    equalised,
    outcome,
    random_shop,
    recommendations,
    write_performance,
)
from support import PROJECT, Build, dbt

pytestmark = pytest.mark.slow

SHOP = ElasticShop()
DRAWS = 60
MAX_CHANGE = 0.3
TESTED_WEEKS = slice(10, 14)
LIFT = (1.5, 0.9, 2.1)


def with_gaps(seed: int) -> Draw:
    """Draw a shop with weeks without spend, without revenue, and a short channel."""
    draw = drawn(replace(SHOP, channels=CHANNELS[:5], gross_margin=0.6), seed)
    spend, revenue = draw.spend.copy(), draw.revenue.copy()
    spend[0, :11] = revenue[0, :11] = 0  # 41 weeks
    revenue[1, 5:36] = 0  # 21 weeks
    spend[2, :41] = revenue[2, :41] = 0  # 11 weeks
    spend[3, 50] = 0  # revenue of a week without spend: 51 weeks
    revenue[3, 50] = 33.33
    return replace(draw, spend=spend, revenue=revenue)


def in_one_ratio(seed: int, first_week: int = 0) -> Draw:
    """Draw a shop that spends four fifths of the first channel on a second."""
    draw = drawn(replace(SHOP, channels=CHANNELS[:2]), seed)
    spend, revenue = draw.spend.copy(), draw.revenue.copy()
    spend[1] = (0.8 * spend[0]).round(2)
    spend[1, :first_week] = revenue[1, :first_week] = 0
    return replace(draw, spend=spend, revenue=revenue)


def shops() -> dict[str, Draw]:
    """Name the draws: clear, by one plan, of any truth, with gaps, and in one ratio."""
    draws = {f"clear_{seed:02}": drawn(SHOP, seed) for seed in range(DRAWS)}
    plan = replace(SHOP, channels=CHANNELS[:2], spend_variation=0.02)
    draws |= {f"plan_{seed:02}": drawn(plan, seed) for seed in range(DRAWS)}
    draws |= {"ratio": in_one_ratio(0), "ratio_late": in_one_ratio(1, 20)}
    draws |= {f"random_{n}": drawn(random_shop(n), n) for n in range(5)}
    draws |= {f"gaps_{seed}": with_gaps(seed) for seed in range(3)}
    tested = replace(SHOP, channels=CHANNELS[:4], weeks=26, gross_margin=0.5)
    return draws | {"tested": drawn(tested, 1)}


def experiments() -> list[tuple[str, ...]]:
    """Write the lift test of shop `tested`."""
    first = FIRST_WEEK + timedelta(weeks=TESTED_WEEKS.start)
    last = FIRST_WEEK + timedelta(weeks=TESTED_WEEKS.stop) - timedelta(1)
    period = (first.isoformat(), last.isoformat())
    return [("tested", CHANNELS[1].name, *period, *(f"{number}" for number in LIFT))]


@pytest.fixture(scope="module")
def draws() -> dict[str, Draw]:
    """Draw the shops."""
    return shops()


@pytest.fixture(scope="module")
def budget(
    draws: dict[str, Draw], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Build]:
    """Run the budget models on all shops at once."""
    folder = tmp_path_factory.mktemp("budget")
    write_performance(folder / "tributary.duckdb", draws, experiments())
    run = dbt(folder, "run", "--select", *BUDGET_MODELS)
    assert run.faults == {}
    yield run


def clear(draws: dict[str, Draw]) -> list[str]:
    """Name the draws of the shop whose optimum differs clearly."""
    return [name for name in draws if name.startswith("clear")]


def test_the_direction_is_right_for_nine_of_ten_channels(
    budget: Build, draws: dict[str, Draw]
) -> None:
    found = recommendations(budget.database)
    names = clear(draws)
    what = outcome([draws[n] for n in names], [found[n] for n in names], MAX_CHANGE)
    assert (abs(what.moved) > 0.1).mean() > 0.9
    assert what.right.mean() >= 0.9
    assert (what.right.mean(axis=1) >= 0.9).mean() >= 0.9


def test_the_interval_holds_the_true_margin(
    budget: Build, draws: dict[str, Draw]
) -> None:
    found = recommendations(budget.database)
    names = clear(draws)
    what = outcome([draws[n] for n in names], [found[n] for n in names], MAX_CHANGE)
    assert what.held.shape == (DRAWS, 10)
    assert 0.90 <= what.held.mean() <= 0.98


def test_the_interval_holds_where_spend_follows_one_plan(
    budget: Build, draws: dict[str, Draw]
) -> None:
    """Two channels' spends rise and fall as one, to 2 %: what is left is a guess."""
    found = recommendations(budget.database)
    names = [name for name in draws if name.startswith("plan")]
    what = outcome([draws[n] for n in names], [found[n] for n in names], MAX_CHANGE)
    assert what.held.shape == (DRAWS, 2)
    assert what.held.mean() >= 0.90


def test_spend_in_one_ratio_stays_and_says_why(budget: Build) -> None:
    assert budget.rows(
        "select property, status, elasticity, marginal_romi, "
        "recommended_spend = current_spend, reason like '%nearly the same ratio%' "
        "from marts.rpt_budget where property like 'ratio%' order by all"
    ) == [
        (name, "no_comparison", None, None, True, True)
        for name in ("ratio", "ratio", "ratio_late", "ratio_late")
    ]


def test_half_the_interval_would_be_noticed(
    budget: Build, draws: dict[str, Draw]
) -> None:
    found = recommendations(budget.database)
    names = clear(draws)
    halved = [
        [((3 * a + b) / 4, (a + 3 * b) / 4, *spend) for a, b, *spend in found[name]]
        for name in names
    ]
    what = outcome([draws[n] for n in names], halved, MAX_CHANGE)
    assert what.held.mean() < 0.90


def reference(name: str, draw: Draw) -> Margins:
    """Compute the figures of a shop from its weeks."""
    size = len(draw.shop.channels)
    calibration, error = np.ones(size), np.zeros(size)
    if name == "tested":
        worth = draw.spend[1, TESTED_WEEKS].sum() / draw.revenue[1, TESTED_WEEKS].sum()
        calibration[1] = LIFT[0] * worth
        error[1] = (LIFT[2] - LIFT[1]) / (2 * 1.959964) * worth
    return margins(draw.spend, draw.revenue, draw.shop.gross_margin, calibration, error)


def test_every_figure_is_that_of_an_independent_computation(
    budget: Build, draws: dict[str, Draw]
) -> None:
    names = ["clear_00", "random_0", "gaps_0", "gaps_1", "gaps_2", "tested"]
    names += ["plan_00", "plan_01", "ratio", "ratio_late"]
    for name in names:
        rows = budget.rows(
            "select week_count, elasticity, marginal_romi, marginal_romi_low, "
            f"marginal_romi_high from marts.rpt_budget where property = '{name}' "
            "order by channel"
        )
        expected = reference(name, draws[name])
        figures = np.array(rows, dtype=float).T
        assert (figures[0] == expected.weeks).all()
        np.testing.assert_allclose(
            figures[1],
            np.where(np.isnan(expected.romi), np.nan, expected.elasticity),
            atol=1e-6,
        )
        np.testing.assert_allclose(figures[2], expected.romi, atol=1e-5)
        # the table of Student's t has three places
        np.testing.assert_allclose(figures[3], expected.low, atol=2e-3)
        np.testing.assert_allclose(figures[4], expected.high, atol=2e-3)


def test_the_split_equalises_margins_to_the_cent(
    budget: Build, draws: dict[str, Draw]
) -> None:
    for name in draws:
        if name.startswith("ratio"):
            continue
        rows = budget.rows(
            "select current_spend::double, marginal_romi + 1, elasticity, "
            "recommended_spend::double from marts.rpt_budget "
            f"where property = '{name}' and status in ('more', 'less', 'balanced') "
            "order by channel"
        )
        spend, returns, slopes, recommended = np.array(rows, dtype=float).T
        best = equalised(spend, returns, slopes, MAX_CHANGE)
        # bounds are whole cents, and so is each step of a running total
        np.testing.assert_allclose(recommended, best, atol=0.06)


def test_every_total_is_kept_and_no_channel_moves_further_than_it_may(
    budget: Build, draws: dict[str, Draw]
) -> None:
    assert budget.rows(
        "select count(*), count(*) filter (spent = split) from ("
        "select sum(current_spend) as spent, sum(recommended_spend) as split "
        "from marts.rpt_budget group by property)"
    ) == [(len(draws), len(draws))]
    assert (
        budget.rows(
            "select * from marts.rpt_budget "
            "where (abs(recommended_spend - current_spend) "
            f"<= {MAX_CHANGE} * current_spend) is not true"
        )
        == []
    )


def test_a_short_channel_keeps_its_spend_and_says_why(budget: Build) -> None:
    assert budget.rows(
        "select distinct status, recommended_spend = current_spend, "
        "reason like '%11 weeks with spend and revenue, 12 are needed%' "
        "from marts.rpt_budget where property like 'gaps%' and channel = 'Display'"
    ) == [("too_few_weeks", True, True)]


def test_the_worked_channel_of_the_docs_is_right(budget: Build) -> None:
    """docs/budget.md, cell by cell."""
    figures = budget.rows(
        "select current_spend, credited_revenue, observed_elasticity, standard_error, "
        "noise, mean_elasticity, budgets.elasticity, marginal_romi, marginal_romi_low, "
        "marginal_romi_high, balanced_romi, recommended_spend "
        "from marts.rpt_budget as budgets "
        "inner join marts.rpt_budget_elasticities as elasticities "
        "on budgets.property = elasticities.property "
        "and budgets.channel = elasticities.channel "
        "where budgets.property = 'clear_00' and budgets.channel = 'Influencers'"
    )[0]
    lines = (PROJECT / "docs" / "budget.md").read_text().splitlines()
    cells = [[cell.strip() for cell in text.split("|")] for text in lines]
    written = [row[2] for row in cells if len(row) == 5][2:]
    places = [len(text.split(".")[1]) for text in written]
    assert written == [
        f"{figure:.{digits}f}" for figure, digits in zip(figures, places, strict=True)
    ]


@pytest.mark.nightly
def test_data_tests_pass_on_generated_budgets(budget: Build, tmp_path: Path) -> None:
    shutil.copy(budget.database, tmp_path)
    models = [f"{name},test_type:data" for name in BUDGET_MODELS]
    run = dbt(tmp_path, "test", "--select", *models, "--indirect-selection", "cautious")
    assert run.faults == {}
    assert len(run.statuses) > 15


@pytest.mark.nightly
def test_two_runs_give_the_same_rows(budget: Build, tmp_path: Path) -> None:
    write_performance(tmp_path / "tributary.duckdb", shops(), experiments())
    again = dbt(tmp_path, "run", "--select", *BUDGET_MODELS, "--threads", "4")
    for model in BUDGET_MODELS:
        if model.startswith("int_"):
            continue
        everything = f"from marts.{model} order by all"
        assert again.rows(everything) == budget.rows(everything), model


def test_without_a_season_taken_out_elasticities_would_be_wrong(
    draws: dict[str, Draw],
) -> None:
    """Spend that follows the season earns its credit: a plain regression is fooled."""
    errors = []
    for name in clear(draws):
        draw = draws[name]
        x, y = np.log(draw.spend), np.log(draw.revenue)
        for place, channel in enumerate(draw.shop.channels):
            errors.append(line(x[place], y[place])[0])
            errors[-1] -= channel.elasticity
    assert np.mean(errors) > 0.1


def test_the_truth_is_what_a_little_more_spend_brings() -> None:
    draw = drawn(replace(SHOP, noise=0), 3)
    more = drawn(replace(SHOP, noise=0), 3).expected_revenue[:, -4:].sum(axis=1)
    slopes = np.array([channel.elasticity for channel in CHANNELS])[:, None]
    raised = (draw.expected_revenue * 1.000001**slopes)[:, -4:].sum(axis=1)
    brought = (raised - more) / (0.000001 * draw.spend[:, -4:].sum(axis=1))
    np.testing.assert_allclose(brought, draw.marginal_return, rtol=1e-5)


def test_no_other_split_of_the_total_earns_more() -> None:
    draw = drawn(SHOP, 4)
    slopes = np.array([channel.elasticity for channel in CHANNELS])
    scale = draw.marginal_return / slopes * draw.current_spend ** (1 - slopes)

    def earned(spend: np.ndarray) -> float:
        return float((scale * spend**slopes).sum())

    best = draw.best_spend(MAX_CHANGE)
    random = np.random.default_rng(0)
    for _ in range(200):
        giver, taker = random.choice(len(best), 2, replace=False)
        other = best.copy()
        other[giver] -= 1
        other[taker] += 1
        within = abs(other / draw.current_spend - 1) <= MAX_CHANGE
        assert not within.all() or earned(other) < earned(best)


def test_a_draw_repeats_and_another_seed_differs() -> None:
    assert (drawn(SHOP, 5).revenue == drawn(SHOP, 5).revenue).all()
    assert (drawn(SHOP, 5).revenue != drawn(SHOP, 6).revenue).all()


def test_the_database_holds_the_weeks(tmp_path: Path) -> None:
    draw = drawn(SHOP, 7)
    write_performance(tmp_path / "shop.duckdb", {"a": draw})
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as conn:
        weeks = conn.execute(
            "select channel, sum(cost)::double, sum(credited_revenue)::double "
            "from marts.rpt_channel_performance group by all order by 1"
        ).fetchall()
    assert len(weeks) == len(CHANNELS)
    for place, (name, spend, revenue) in enumerate(weeks):
        assert name == CHANNELS[place].name
        assert spend == pytest.approx(draw.spend[place].sum(), abs=0.001)
        assert revenue == pytest.approx(draw.revenue[place].sum(), abs=0.001)
