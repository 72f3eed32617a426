"""Measure how often the intervals of `rpt_attribution_models` hold what they should.

    .venv/bin/python benchmarks/attribution_intervals.py
    .venv/bin/python benchmarks/attribution_intervals.py --draws 50 --users 10000

An interval from `revenue_low` to `revenue_high` claims to hold, in 95 draws of 100, the
revenue that the model credits to the channel on average over draws of the same shop:
not what the channel causes (`attribution_truth.py` measures how far apart these are).
So many draws of the shop with brand search, of different people each, are built as so
many properties of one build. The average is estimated from people who are in none of
them: one large draw, credited by the same marts and scaled down to their size.

Prints the coverage of each model and channel (%) as a Markdown table, and the same by
the number of conversions that a model credits to a channel in a draw; returns 1 where
the coverage of a model over all channels lies outside 90 to 98 %.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import mean

import duckdb

from attribution_truth import NO_TOUCHPOINT, credited, dbt_build
from sample.causal_shop import causal_shop, write_causal_shop

LOWEST, HIGHEST = 0.90, 0.98
# conversions that a model credits to a channel in a draw
SIZES = (0, 5, 10, 20, 40)
SHOP = causal_shop(brand_search=True)
# what is asked for is the report; many tests need the other marts
REPORT_ONLY = (
    *("--select", "+rpt_attribution_models"),
    *("--exclude-resource-type", "test"),
)

Cell = tuple[str, str]
Interval = tuple[float, float]


def expected_revenue(folder: Path, people: int, users: int) -> dict[Cell, float]:
    """Estimate what each model credits to each channel on average, EUR.

    A channel to which a model credits nothing at all is left out: no interval of it
    could miss.

    Args:
        folder: the large draw and its build go there.
        people: users of the large draw; its seed is 0.
        users: users of one of the small ones.
    """
    write_causal_shop(SHOP, folder / "raw", people, seed=0)
    database = dbt_build(folder, {"population": folder / "raw"}, *REPORT_ONLY)
    return {
        (model, channel): revenue * users / people
        for model, what in credited(database, "population").items()
        for channel, revenue in what.by_channel.items()
        if revenue
    }


def intervals(database: Path) -> dict[Cell, dict[str, Interval]]:
    """Read the intervals: by model and channel, then by draw, EUR."""
    with duckdb.connect(str(database), read_only=True) as conn:
        rows = conn.execute(
            "select attribution_model, channel, property, "
            "cast(revenue_low as double), cast(revenue_high as double) "
            "from marts.rpt_attribution_models where channel != ?",
            [NO_TOUCHPOINT],
        ).fetchall()
    found: dict[Cell, dict[str, Interval]] = defaultdict(dict)
    for model, channel, draw, low, high in rows:
        found[model, channel][draw] = (low, high)
    return found


def credited_conversions(database: Path, draws: int) -> dict[Cell, float]:
    """Average the conversions that each model credits to each channel in a draw."""
    with duckdb.connect(str(database), read_only=True) as conn:
        rows = conn.execute(
            "select attribution_model, channel, "
            "cast(sum(credited_conversions) as double) "
            "from marts.rpt_attribution_models group by all"
        ).fetchall()
    return {(model, channel): count / draws for model, channel, count in rows}


def coverage(
    expected: Mapping[Cell, float],
    found: Mapping[Cell, Mapping[str, Interval]],
    draws: int,
) -> dict[Cell, float]:
    """Count the draws whose interval holds the average; no interval holds nothing."""
    return {
        cell: sum(low <= value <= high for low, high in found.get(cell, {}).values())
        / draws
        for cell, value in expected.items()
    }


def by_model(covered: Mapping[Cell, float]) -> dict[str, float]:
    """Average the coverage of each model over the channels."""
    models = dict.fromkeys(model for model, _ in covered)
    return {
        model: mean(share for (m, _), share in covered.items() if m == model)
        for model in models
    }


def by_size(covered: Mapping[Cell, float], counts: Mapping[Cell, float]) -> str:
    """Average the coverage by credited conversions, as a Markdown table."""
    lines = [
        "| conversions credited in a draw | models and channels | coverage |",
        "| --- | ---: | ---: |",
    ]
    for low, high in zip(SIZES, (*SIZES[1:], math.inf), strict=True):
        shares = [s for cell, s in covered.items() if low <= counts[cell] < high]
        if shares:
            size = f"{low} to {high}" if high < math.inf else f"{low} and more"
            lines.append(f"| {size} | {len(shares)} | {100 * mean(shares):.1f} |")
    return "\n".join(lines)


def markdown(covered: Mapping[Cell, float]) -> str:
    """Lay the coverage out, %: a line for each channel, a column for each model."""
    models = by_model(covered)
    channels = sorted({channel for _, channel in covered})
    lines = [["channel", *models], ["---", *["---:"] * len(models)]]
    for channel in channels:
        cells = [covered.get((model, channel)) for model in models]
        figures = ["" if c is None else f"{100 * c:.1f}" for c in cells]
        lines.append([channel, *figures])
    overall = [f"**{100 * share:.1f}**" for share in models.values()]
    lines.append(["**all channels**", *overall])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> int:
    """Generate, build twice, compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=200, metavar="N")
    parser.add_argument("--users", type=int, default=3_000, metavar="N")
    parser.add_argument("--people", type=int, default=1_000_000, metavar="N")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        places = {}
        for seed in range(1, arguments.draws + 1):
            places[f"draw_{seed:04}"] = folder / f"{seed:04}"
            write_causal_shop(SHOP, folder / f"{seed:04}", arguments.users, seed)
        database = dbt_build(folder / "build", places, *REPORT_ONLY)
        found = intervals(database)
        counts = credited_conversions(database, arguments.draws)
        expected = expected_revenue(
            folder / "population", arguments.people, arguments.users
        )
    covered = coverage(expected, found, arguments.draws)
    print(
        f"{arguments.draws} draws of {arguments.users:,} users; averages from "
        f"{arguments.people:,} other users. Coverage of the 95 % interval, %:\n"
    )
    print(markdown(covered))
    shares = by_model(covered)
    print(f"\nOverall {100 * mean(covered.values()):.1f} %\n")
    print(by_size(covered, counts))
    return int(not all(LOWEST <= share <= HIGHEST for share in shares.values()))


if __name__ == "__main__":
    sys.exit(main())
