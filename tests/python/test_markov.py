"""The solver of the Markov chain, on worked examples and on chains of any shape."""

from __future__ import annotations

import importlib.util
import random
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from reference.markov import removal_effects
from support import PROJECT

FOLDER = PROJECT / "models" / "intermediate" / "attribution"
Step = tuple[int, str | None, str | None, bool | None, int]


def python_model(name: str) -> ModuleType:
    """Import a Python model as a module."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


markov = python_model("int_markov_removal_effects")
replicates = python_model("int_markov_replicates")


def steps_of(journeys: list[tuple[str, bool]], group: int = 0) -> list[Step]:
    """Count the steps of journeys, each as its channels in one letter and its end."""
    steps: list[Step] = []
    for path, is_conversion in journeys:
        states = [None, *path]
        walk = zip(states, states[1:], strict=False)
        steps += [(group, a, b, None, 1) for a, b in walk]
        steps.append((group, path[-1], None, is_conversion, 1))
    return steps


def effects(journeys: list[tuple[str, bool]]) -> dict[str, float]:
    """Compute the removal effects of journeys."""
    chain = markov.Chain(steps_of(journeys))
    return dict(zip(chain.channels, chain.removal_effects()[0], strict=True))


def test_the_example_of_bryl() -> None:
    """Bryl 2016: c1 > c2 > c3 converts, c1 and c2 > c3 do not: 0.5, 1, 1."""
    journeys = [("123", True), ("1", False), ("23", False)]
    found = effects(journeys)
    assert found == pytest.approx({"1": 0.5, "2": 1, "3": 1}, abs=1e-15)


def test_the_example_of_puzyrov() -> None:
    """Puzyrov 2019, Markov chain attribution: simple explanation of removal effect.

    Google Ads (g) converts twice, mailing (m) once, g > m once, and g once not. He
    prints the probabilities start > g .8, start > m .2, g > conversion .5, g > m .25,
    g > null .25, m > conversion 1. So P = .8; without g .2, without m .4 are left.
    """
    journeys = [("g", True), ("g", True), ("m", True), ("gm", True), ("g", False)]
    chain = markov.Chain(steps_of(journeys))
    counts, totals = chain.counts.sum(axis=0), chain.totals.sum(axis=0)
    # rows start, g, m; columns conversion, g, m
    assert (counts / totals[:, None]).tolist() == [
        [0, 0.8, 0.2],
        [0.5, 0, 0.25],
        [1, 0, 0],
    ]
    assert effects(journeys) == pytest.approx({"g": 0.75, "m": 0.5}, abs=1e-15)


def test_a_chain_worked_by_hand() -> None:
    """Of a > b, a and b the first two convert: from a 1/2 go on, from b 1/2 convert.

    P = 2/3 × (1/2 + 1/2 × 1/2) + 1/3 × 1/2 = 2/3. Without a: 1/3 × 1/2 = 1/6; without
    b: 2/3 × 1/2 = 1/3. So the effects are 3/4 and 1/2.
    """
    journeys = [("ab", True), ("a", True), ("b", False)]
    assert effects(journeys) == pytest.approx({"a": 3 / 4, "b": 1 / 2}, abs=1e-15)


def test_a_channel_of_every_journey_loses_everything() -> None:
    assert effects([("ab", True), ("a", False)])["a"] == 1


def test_nobody_converts_and_nothing_is_lost() -> None:
    assert effects([("ab", False), ("a", False)]) == {"a": 0, "b": 0}


@pytest.mark.parametrize("seed", range(20))
def test_any_chain_agrees_with_exact_fractions(seed: int) -> None:
    rng = random.Random(seed)
    letters = "abcdefghij"[: rng.randrange(2, 10)]
    journeys = []
    for _ in range(rng.randrange(5, 200)):
        path = [rng.choice(letters)]
        for _ in range(rng.randrange(6)):
            path.append(rng.choice([c for c in letters if c != path[-1]]))
        journeys.append(("".join(path), rng.random() < 0.4))
    journeys.append(("a", True))
    expected = removal_effects(
        [path for path, sold in journeys if sold],
        [path for path, sold in journeys if not sold],
    )
    found = effects(journeys)
    assert found.keys() == expected.keys()
    for channel, effect in expected.items():
        assert found[channel] == pytest.approx(float(effect), abs=1e-12)


@pytest.mark.parametrize(("channels", "order"), [(100, 1), (10, 3)])
def test_large_chains_are_solved_without_negative_credit(
    channels: int, order: int
) -> None:
    """100 channels at order 1; all 1,000 states of 10 channels at order 3."""
    rng = random.Random(7)
    steps: list[Step] = []
    for _ in range(4_000):
        path = [f"c{rng.randrange(channels)}" for _ in range(rng.randrange(order, 9))]
        grams = [
            markov.SEPARATOR.join(path[i : i + order])
            for i in range(len(path) - order + 1)
        ]
        grams = [g for i, g in enumerate(grams) if i == 0 or g != grams[i - 1]]
        walk = zip([None, *grams], grams, strict=False)
        steps += [(0, a, b, None, 1) for a, b in walk]
        steps.append((0, grams[-1], None, rng.random() < 0.3, 1))
    chain = markov.Chain(steps)
    [found] = chain.removal_effects()
    assert len(chain.states) >= (100 if order == 1 else 990)
    assert not chain.has_intervals
    assert len(found) == channels
    assert (found >= 0).all()
    assert (found <= 1).all()


def test_a_channel_of_a_longer_state_takes_the_state_with_it() -> None:
    """Order 2: ab converts, ac does not. Without c nothing is lost, without a all."""
    sep = markov.SEPARATOR
    steps: list[Step] = [
        (0, None, f"a{sep}b", None, 1),
        (0, None, f"a{sep}c", None, 1),
        (0, f"a{sep}b", None, True, 1),
        (0, f"a{sep}c", None, False, 1),
    ]
    chain = markov.Chain(steps)
    found = dict(zip(chain.channels, chain.removal_effects()[0], strict=True))
    assert found == {"a": 1, "b": 1, "c": 0}


def test_a_channel_may_be_called_like_an_end_of_the_chain() -> None:
    steps: list[Step] = [
        (0, None, "(start)", None, 2),
        (0, "(start)", "(conversion)", None, 1),
        (0, "(start)", None, False, 1),
        (0, "(conversion)", None, True, 1),
    ]
    chain = markov.Chain(steps)
    assert chain.channels == ["(conversion)", "(start)"]
    assert chain.removal_effects().tolist() == [[1, 1]]


def test_leaving_out_a_group_is_solving_without_its_journeys() -> None:
    stays, goes = [("ab", True), ("a", False), ("b", True)], [("b", False), ("a", True)]
    chain = markov.Chain(steps_of(stays, group=3) + steps_of(goes, group=5))
    alone = markov.Chain(steps_of(stays))
    whole, left = chain.removal_effects([None, 5])
    assert left == pytest.approx(alone.removal_effects()[0])
    assert whole != pytest.approx(left)


def test_rows_are_the_whole_chain_and_each_group() -> None:
    rows = markov.effects_of("shop", steps_of([("ab", True), ("b", False)]))
    assert len(rows) == 2 * (1 + markov.GROUPS)
    assert rows[0][:3] == ("shop", "a", None)
    assert {row[2] for row in rows} == {None, *range(markov.GROUPS)}


def test_a_solution_that_is_not_exact_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solve = np.linalg.solve
    monkeypatch.setattr(np.linalg, "solve", lambda a, b: solve(a, b) + 1e-9)
    with pytest.raises(ArithmeticError, match="1e-12|only"):
        effects([("ab", True), ("a", False)])


def test_journeys_that_go_round_for_long_are_solved() -> None:
    """Ten thousand times a > b, then it converts or not; c alone converts.

    A walk in the circle converts as often as not, so P = 1/3 + 2/3 * 1/2 = 2/3, and
    without c half of it is left. Without b only c is left, which is half of it too.
    """
    rounds = 10_000
    journeys = [("ab" * rounds, True), ("ba" * rounds, False), ("c", True)]
    found = effects(journeys)
    assert found["c"] == pytest.approx(0.5, abs=1e-12)
    assert found["b"] == pytest.approx(0.5, abs=1e-12)


def test_one_solution_serves_all_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one for each, time grows with the fourth power of their number."""
    solve, sizes = np.linalg.solve, []

    def counted(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
        sizes.append(matrix.shape[-1])
        return solve(matrix, right)

    monkeypatch.setattr(np.linalg, "solve", counted)
    effects([("abc", True), ("ca", False), ("b", True)])
    assert sizes == [4, 1, 1, 1]


def test_replicates_share_everybody_elses_revenue() -> None:
    """Worked by hand: effects 1/4 and 3/4 share {a, b} 1 : 3, and {a} is a's alone."""
    sets = [("a\x1fb", 0, 40.0), ("a\x1fb", 1, 8.0), ("a", 1, 5.0), ("b", 0, 7.0)]
    found = {
        (group, channel): amount
        for group, channel, amount in replicates.replicates_of(
            {0: {"a": 0.25, "b": 0.75}, 1: {"a": 0.0, "b": 0.0}}, sets
        )
    }
    assert found == pytest.approx(
        {(0, "a"): 2 + 5, (0, "b"): 6, (1, "a"): 20, (1, "b"): 20 + 7}
    )


def test_the_reference_solves_the_example_of_bryl() -> None:
    found = removal_effects(["123"], ["1", "23"])
    assert found == {"1": Fraction(1, 2), "2": 1, "3": 1}


def test_the_models_are_where_they_are_looked_for() -> None:
    assert Path(markov.__file__).parent == FOLDER
