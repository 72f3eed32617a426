"""What Markov would credit each channel, were a group of users left out.

The chain has been solved again without each group (int_markov_removal_effects); here
the revenue of everybody else is shared out by those effects: inside a journey each
distinct channel earns its effect over their sum, evenly where that is 0.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import numpy as np

SEPARATOR = chr(31)
GROUPS = 100


def replicates_of(
    effects: dict[int, dict[str, float]], sets: list[tuple[str, int, float]]
) -> list[tuple[int, str, float]]:
    """Credit a property's revenue a hundred times, leaving out a group each time.

    Args:
        effects: the removal effect of each channel, by the group that is left out.
        sets: (channels joined by `SEPARATOR`, group, revenue of their journeys).

    Returns:
        (left_out_group, channel, credited revenue) in the property's currency.
    """
    channels = sorted(next(iter(effects.values())))
    column = {channel: number for number, channel in enumerate(channels)}
    names = sorted({name for name, _, _ in sets})
    row = {name: number for number, name in enumerate(names)}
    is_in = np.zeros((len(names), len(channels)))
    for name in names:
        for channel in name.split(SEPARATOR):
            is_in[row[name], column[channel]] = 1
    revenue = np.zeros((len(names), GROUPS))
    for name, group, amount in sets:
        revenue[row[name], group] += amount
    everybody = revenue.sum(axis=1)
    replicates = []
    for left_out, by_channel in sorted(effects.items()):
        effect = np.array([by_channel[channel] for channel in channels])
        weights = is_in * effect
        sums = weights.sum(axis=1, keepdims=True)
        weights = np.where(sums > 0, weights, is_in)
        weights /= weights.sum(axis=1, keepdims=True)
        credited = (everybody - revenue[:, left_out]) @ weights
        replicates += [
            (left_out, channel, float(amount))
            for channel, amount in zip(channels, credited, strict=True)
        ]
    return replicates


def model(dbt: Any, session: Any) -> Any:  # noqa: ANN401 - dbt's objects are untyped
    """Credit the revenue of each property that has intervals."""
    dbt.config(materialized="table")
    effects: dict[str, dict[int, dict[str, float]]] = defaultdict(dict)
    solved = dbt.ref("int_markov_removal_effects").order("all").fetchall()
    for site, channel, left_out, effect in solved:
        if left_out is not None:
            effects[site].setdefault(left_out, {})[channel] = float(effect)
    sets: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
    for site, name, group, revenue in (
        dbt.ref("int_channel_sets").order("all").fetchall()
    ):
        sets[site].append((name, group, float(revenue)))
    rows = [
        (site, *replicate)
        for site in sorted(effects)
        for replicate in replicates_of(effects[site], sets[site])
    ]
    # one text: for each value, DuckDB would look for pandas, which a build lacks
    types = {
        "property": "text",
        "left_out_group": "bigint",
        "channel": "text",
        "credited_revenue": "double",
    }
    return session.sql(
        "select unnest(from_json($rows, $types), max_depth := 2)",
        params={
            "rows": json.dumps([dict(zip(types, row, strict=True)) for row in rows]),
            "types": json.dumps([types]),
        },
    )
