"""Measure every attribution model against a shop whose truth is known.

    .venv/bin/python benchmarks/attribution_truth.py
    .venv/bin/python benchmarks/attribution_truth.py --users 200000 --seed 1

Generates the shop of `scripts/sample/causal_shop.py` twice, without and with buyers who
click on a brand ad on their way to the till, builds both as two properties, and prints
a Markdown table for each: the share of the channels' revenue that each model credits to
a channel, the share that the channel causes, and each model's error. Shares are
compared and not revenue, because every model also credits to channels what people would
have bought anyway: that much revenue no channel caused.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sample.causal_shop import Truth, causal_shop, write_causal_shop

PROJECT = Path(__file__).resolve().parents[1]
SHOPS = {"without_brand_search": False, "with_brand_search": True}
NO_TOUCHPOINT = "(no touchpoint)"
CLASSICAL = "markov, classical"

Shares = Mapping[str, float]


@dataclass(frozen=True)
class Credited:
    """What a model credits: EUR to each channel, and what it leaves to none."""

    by_channel: dict[str, float]
    untouched: float

    @property
    def total(self) -> float:
        """EUR credited to all channels."""
        return sum(self.by_channel.values())

    @property
    def shares(self) -> dict[str, float]:
        """Each channel's share of it."""
        return {name: value / self.total for name, value in self.by_channel.items()}


def dbt_build(folder: Path, places: Mapping[str, Path], *options: str) -> Path:
    """Run the project's `dbt build` on generated shops; returns the database.

    Args:
        folder: database, target and log go there.
        places: the folder with the raw tables of each property.
        options: more options of `dbt build`.

    Raises:
        subprocess.CalledProcessError: a model or a test failed; dbt has said which.
    """
    raw = {
        name: {"layout": "company_x", "path": str(path)}
        for name, path in places.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "tributary.duckdb"
    command = [Path(sys.executable).with_name("dbt"), "--quiet", "build", *options]
    # those test the code, and have their own runs
    command += ["--exclude-resource-type", "unit_test"]
    command += ["--project-dir", PROJECT, "--profiles-dir", PROJECT]
    command += ["--target-path", folder / "target", "--log-path", folder]
    environment = os.environ | {"TRIBUTARY_DB": str(database), "DO_NOT_TRACK": "1"}
    variables = ["--vars", json.dumps({"raw": raw})]
    subprocess.run([*command, *variables], env=environment, check=True)
    return database


def credited(database: Path, name: str) -> dict[str, Credited]:
    """Read what each model credits in one property, in the report's order."""
    with duckdb.connect(str(database), read_only=True) as conn:
        rows = conn.execute(
            "select attribution_model, channel, cast(credited_revenue as double) "
            "from marts.rpt_attribution_models where property = ? "
            "order by attribution_model, channel",
            [name],
        ).fetchall()
    models: dict[str, dict[str, float]] = {}
    for model, channel, revenue in rows:
        models.setdefault(model, {})[channel] = revenue
    return {
        model: Credited(channels, channels.pop(NO_TOUCHPOINT, 0.0))
        for model, channels in models.items()
    }


def classical_shares(database: Path, name: str) -> dict[str, float]:
    """Read the removal effects over their sum: what Markov libraries print."""
    with duckdb.connect(str(database), read_only=True) as conn:
        rows = conn.execute(
            "select channel, cast(classical_share as double) "
            "from marts.rpt_attribution_models "
            "where property = ? and attribution_model = 'markov' "
            "and classical_share is not null order by channel",
            [name],
        ).fetchall()
    return dict(rows)


def error(shares: Shares, truth: Shares) -> float:
    """Half the sum of |share - true share|: the part of the credit in wrong hands."""
    channels = shares.keys() | truth.keys()
    return sum(abs(shares.get(c, 0.0) - truth.get(c, 0.0)) for c in channels) / 2


def markdown(truth: Shares, models: Mapping[str, Shares]) -> str:
    """Lay shares (%) and errors (percentage points) out, models from best to worst."""
    errors = {model: error(shares, truth) for model, shares in models.items()}
    ranked = sorted(models, key=lambda model: (errors[model], model))
    channels = sorted(truth, key=lambda channel: (-truth[channel], channel))
    lines = [
        ["channel", "**truth**", *ranked],
        ["---", *["---:"] * (len(ranked) + 1)],
    ]
    for channel in channels:
        shares = [models[model].get(channel, 0.0) for model in ranked]
        cells = [f"{100 * share:.1f}" for share in (truth[channel], *shares)]
        lines.append([channel, f"**{cells[0]}**", *cells[1:]])
    figures = [f"**{100 * errors[model]:.1f}**" for model in ranked]
    lines.append(["**error (percentage points)**", "", *figures])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def report(database: Path, name: str, lines: list[Truth]) -> str:
    """Compare all models with the truth of one shop."""
    models = credited(database, name)
    shares = {model: what.shares for model, what in models.items()}
    shares[CLASSICAL] = classical_shares(database, name)
    table = markdown({line.channel: line.true_share for line in lines}, shares)
    first = next(iter(models.values()))
    return (
        f"## {name.replace('_', ' ').capitalize()}\n\n"
        f"Credited to channels by every model: EUR {first.total:,.0f}. Without a "
        f"touchpoint: EUR {first.untouched:,.0f}. Caused by the channels, one by one: "
        f"EUR {sum(line.true_revenue for line in lines):,.0f}.\n\n{table}\n"
    )


def main() -> None:
    """Generate, build and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=60_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        places = {name: Path(folder) / name for name in SHOPS}
        truth = {
            name: write_causal_shop(
                causal_shop(has_brand_search),
                places[name],
                arguments.users,
                arguments.seed,
            )
            for name, has_brand_search in SHOPS.items()
        }
        database = dbt_build(Path(folder) / "build", places)
        for name, lines in truth.items():
            print(report(database, name, lines))


if __name__ == "__main__":
    main()
