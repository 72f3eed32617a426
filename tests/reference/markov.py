"""The Markov chain of journeys, solved by elimination in exact fractions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise

from reference.journeys import Touch
from reference.numbers import quotient


def removal_effects(
    converting: Sequence[Sequence[str]], others: Sequence[Sequence[str]]
) -> dict[str, Fraction]:
    """Compute the removal effect of each channel in a Markov chain of order 1.

    Args:
        converting: the channels of each journey that converted, in order.
        others: those of each journey that did not.

    Returns:
        1 - P(conversion without the channel) / P(conversion), in exact fractions; 0
        where nothing converts.
    """
    steps: Counter[tuple[str, str]] = Counter()
    for journeys_, end in ((converting, "end: sold"), (others, "end: lost")):
        for channels in journeys_:
            walk = [key for key, _ in groupby(channels)]
            steps.update(pairwise(["start", *(f"at: {key}" for key in walk), end]))
    names = {key for journey in (*converting, *others) for key in journey}
    whole = conversion_probability(steps)
    if not whole:
        return dict.fromkeys(names, Fraction(0))
    return {
        name: 1
        - conversion_probability(
            Counter({k: n for k, n in steps.items() if k[1] != f"at: {name}"}),
            out_of=steps,
        )
        / whole
        for name in names
    }


def conversion_probability(
    steps: Mapping[tuple[str, str], int],
    out_of: Mapping[tuple[str, str], int] | None = None,
) -> Fraction:
    """Solve the chain by elimination: the probability of a sale from the start.

    Args:
        steps: how often each step (from, to) was taken.
        out_of: the steps to divide by, where some are taken out.
    """
    totals: Counter[str] = Counter()
    for (origin, _), count in (out_of or steps).items():
        totals[origin] += count
    walk: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for (origin, target), count in steps.items():
        walk[origin][target] += Fraction(count, totals[origin])
    for state in [name for name in walk if name != "start"]:
        ways = walk.pop(state)
        stay = ways.pop(state, Fraction(0))
        for others in walk.values():
            into = others.pop(state, Fraction(0))
            for target, chance in ways.items():
                others[target] += into * chance / (1 - stay)
    ways = walk["start"]
    return ways["end: sold"] / (1 - ways.pop("start", Fraction(0)))


def classical_shares(effects: Mapping[str, Decimal]) -> dict[str, float | None]:
    """Return `classical_share`, "the removal effect over the sum of all of them"."""
    total = sum(effects.values(), Decimal(0))
    return {channel: quotient(effect, total) for channel, effect in effects.items()}


def weights(
    touches: Sequence[Touch], effects: Mapping[str, Decimal | Fraction]
) -> list[Fraction]:
    """Share a conversion by its channels' removal effects, to the published 12 places.

    "Inside a conversion each distinct channel earns its removal effect over their sum,
    split evenly over its touches; evenly if all effects are 0."
    """
    count = Counter(touch.channel for touch in touches)
    total = sum((Fraction(effects[channel]) for channel in count), Fraction(0))
    if not total:
        return [Fraction(1, len(touches))] * len(touches)
    return [
        Fraction(effects[touch.channel]) / total / count[touch.channel]
        for touch in touches
    ]
