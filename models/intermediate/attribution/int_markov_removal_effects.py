"""How many conversions are lost when a channel is taken out of the Markov chain.

The chain is absorbing: it begins at the start, walks from state to state, and ends in
a conversion or in nothing. With transient transition matrix Q and the probabilities r
of stepping straight into a conversion, the probabilities of converting from each state
are x = N r, with N = (I - Q)^-1 the expected visits: exactly, without simulation or
truncation (Kemeny and Snell 1960, Finite Markov Chains, chapter 3). Taking a channel
out sends every state that holds it to nothing; the removal effect is the share of
P(conversion) that this costs (Anderl, Becker, von Wangenheim and Schumann 2016, Mapping
the customer journey).

What is lost are the walks that meet the channel, whose states are S, and convert all
the same: they meet it first in each of S with the probabilities N[start, S] N[S, S]^-1,
and convert from there with x[S]. So one solution serves all channels; with one for
each, the time would grow with the fourth power of their number.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

SEPARATOR = chr(31)
GROUPS = 100
# beyond these, intervals would take longer than they are worth
MAX_INTERVAL_ORDER = 1
MAX_INTERVAL_CHANNELS = 20
LARGEST_RESIDUAL = 1e-12


class Chain:
    """The chain of one property: step counts by group of users.

    Attributes:
        states: text of each state, its channels joined by `SEPARATOR`.
        channels: names of the channels, sorted.
        counts: step counts by group, shape (groups, states + 1, states + 1); row 0 is
            the start, column 0 a conversion, and what a row lacks led to nothing.
        totals: all steps out of each row by group, shape (groups, states + 1).
    """

    def __init__(self, steps: list[tuple]) -> None:
        """Read steps (group, from_state, to_state, is_conversion, count)."""
        self.states = sorted({s for _, a, b, _, _ in steps for s in (a, b) if s})
        place = {state: number for number, state in enumerate(self.states, start=1)}
        size = len(self.states) + 1
        self.channels = sorted({c for s in self.states for c in s.split(SEPARATOR)})
        groups = GROUPS if self.has_intervals else 1
        self.counts = np.zeros((groups, size, size))
        self.totals = np.zeros((groups, size))
        for group, origin, target, is_conversion, count in steps:
            row = place.get(origin, 0)
            column = place.get(target, 0)
            self.totals[group % groups, row] += count
            if target is not None or is_conversion:
                self.counts[group % groups, row, column] += count

    @property
    def has_intervals(self) -> bool:
        """Whether the chain is small enough to be solved again for each group."""
        longest = max(state.count(SEPARATOR) + 1 for state in self.states)
        is_small = len(self.channels) <= MAX_INTERVAL_CHANNELS
        return is_small and longest <= MAX_INTERVAL_ORDER

    def removal_effects(self, left_outs: Sequence[int | None] = (None,)) -> np.ndarray:
        """Solve the chain, whole and without each channel, for several sets of users.

        Args:
            left_outs: the groups of users whose journeys are left out in turn; None for
                nobody's.

        Returns:
            Removal effects from 0 to 1, shape (left outs, channels), channels in the
            order of `channels`.
        """
        out = [slice(0, 0) if g is None else slice(g, g + 1) for g in left_outs]
        counts = self.counts.sum(axis=0) - [self.counts[g].sum(axis=0) for g in out]
        totals = self.totals.sum(axis=0) - [self.totals[g].sum(axis=0) for g in out]
        steps = counts / np.where(totals > 0, totals, 1)[:, :, None]
        visits, converting = solved(steps)
        whole = converting[:, 0]
        lost = [
            lost_probability(visits, converting, np.flatnonzero(self.is_of(channel)))
            for channel in self.channels
        ]
        effects = np.array(lost) / np.where(whole > 0, whole, 1)
        return np.where(whole > 0, effects, 0).clip(0, 1).T

    def is_of(self, channel: str) -> np.ndarray:
        """Tell which rows hold a channel; the start never does."""
        held = [channel in state.split(SEPARATOR) for state in self.states]
        return np.array([False, *held])


def solved(steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve chains for how often a walk is in each state, and whether it converts.

    Args:
        steps: transition probabilities of each chain, shape (chains, n, n); row 0 is
            the start and column 0 a conversion, which no step leads back from.

    Returns:
        The expected visits to each state from each, shape (chains, n, n), and the
        probabilities of converting from each state, shape (chains, n).

    Raises:
        ArithmeticError: the residual of the probabilities exceeds 1e-12.
    """
    identity = np.eye(steps.shape[1])
    walk = steps.copy()
    walk[:, :, 0] = 0  # column 0 is the conversion, not the start
    matrix = identity - walk
    visits = np.linalg.solve(matrix, np.broadcast_to(identity, steps.shape))
    converting = visits @ steps[:, :, :1]
    residual = np.abs(matrix @ converting - steps[:, :, :1]).max()
    if residual > LARGEST_RESIDUAL:
        raise ArithmeticError(f"the Markov chain is solved to {residual:.1e} only")
    return visits, converting[:, :, 0]


def lost_probability(
    visits: np.ndarray, converting: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Tell with which probability a walk meets one of some states and converts.

    Args:
        visits: expected visits from each state to each, shape (chains, n, n).
        converting: probabilities of converting from each state, shape (chains, n).
        rows: the states.

    Returns:
        The probability in each chain, shape (chains,).
    """
    among = visits[:, rows[:, None], rows]
    returning = np.linalg.solve(among, converting[:, rows, None])
    return (visits[:, :1, rows] @ returning)[:, 0, 0]


def effects_of(site: str, steps: list[tuple]) -> list[tuple]:
    """Compute a property's rows: (property, channel, left_out_group, effect)."""
    chain = Chain(steps)
    left_outs = [None, *(range(GROUPS) if chain.has_intervals else [])]
    return [
        (site, channel, left_out, round(float(effect), 12))
        for left_out, effects in zip(
            left_outs, chain.removal_effects(left_outs), strict=True
        )
        for channel, effect in zip(chain.channels, effects, strict=True)
    ]


def model(dbt: Any, session: Any) -> Any:  # noqa: ANN401 - dbt's objects are untyped
    """Solve the chain of each property, whole and without each group of users."""
    dbt.config(materialized="table")
    steps: dict[str, list[tuple]] = defaultdict(list)
    transitions = dbt.ref("int_markov_transitions").order("all")
    for site, group, origin, target, is_conversion, count in transitions.fetchall():
        steps[site].append((group, origin, target, is_conversion, count))
    rows = [row for site in sorted(steps) for row in effects_of(site, steps[site])]
    # one text: for each value, DuckDB would look for pandas, which a build lacks
    types = {
        "property": "text",
        "channel": "text",
        "left_out_group": "bigint",
        "removal_effect": "decimal(18, 12)",
    }
    return session.sql(
        "select unnest(from_json($rows, $types), max_depth := 2)",
        params={
            "rows": json.dumps([dict(zip(types, row, strict=True)) for row in rows]),
            "types": json.dumps([types]),
        },
    )
