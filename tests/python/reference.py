"""The definitions of attribution, written from the words and in exact fractions.

Nothing here is shared with the models: rows come from the raw files, weights are
fractions, and cents are rounded by integer arithmetic.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import groupby, pairwise

PLACES = 10**12


@dataclass(frozen=True)
class Session:
    """A visit: who, when, by which channel."""

    session_id: str
    user_id: str
    started_at: datetime
    channel: str

    @property
    def is_direct(self) -> bool:
        """Whether the channel says nothing of where the visitor came from."""
        return self.channel == "Direct Traffic"


@dataclass(frozen=True)
class Conversion:
    """A purchase that counts: of whom, when, for how many cents."""

    conversion_id: str
    user_id: str
    converted_at: datetime
    cents: int


@dataclass(frozen=True)
class Touch:
    """A session on the way to a conversion, with the source's weight if it has one."""

    session_id: str
    touched_at: datetime
    channel: str
    is_direct: bool
    provided_weight: Fraction = Fraction(0)


def journeys(
    conversions: Sequence[Conversion],
    sessions: Sequence[Session],
    lookback: timedelta = timedelta(days=90),
) -> dict[str, list[Touch]]:
    """Give each conversion its user's sessions with T - lookback < start <= T."""
    by_user: dict[str, list[Session]] = defaultdict(list)
    for session in sessions:
        by_user[session.user_id].append(session)
    return {
        conversion.conversion_id: in_order(
            Touch(s.session_id, s.started_at, s.channel, s.is_direct)
            for s in by_user.get(conversion.user_id, [])
            if conversion.user_id
            and conversion.converted_at - lookback
            < s.started_at
            <= conversion.converted_at
        )
        for conversion in conversions
    }


def in_order(touches: object) -> list[Touch]:
    """Sort touches by time, equal times by session."""
    return sorted(touches, key=lambda touch: (touch.touched_at, touch.session_id))


def first_touch(touches: Sequence[Touch]) -> list[Fraction]:
    """Give all to the first."""
    return [Fraction(int(place == 0)) for place in range(len(touches))]


def last_touch(touches: Sequence[Touch]) -> list[Fraction]:
    """Give all to the last."""
    return first_touch(touches)[::-1]


def last_non_direct(touches: Sequence[Touch]) -> list[Fraction]:
    """Give all to the last that is not direct, else to the last."""
    places = [place for place, touch in enumerate(touches) if not touch.is_direct]
    chosen = places[-1] if places else len(touches) - 1
    return [Fraction(int(place == chosen)) for place in range(len(touches))]


def linear(touches: Sequence[Touch]) -> list[Fraction]:
    """Share evenly."""
    return [Fraction(1, len(touches))] * len(touches)


def position_based(touches: Sequence[Touch]) -> list[Fraction]:
    """Give 40 % to each end and 20 % to the middle; one has all, two share evenly."""
    count = len(touches)
    if count <= 2:
        return linear(touches)
    middle = [Fraction(1, 5) / (count - 2)] * (count - 2)
    return [Fraction(2, 5), *middle, Fraction(2, 5)]


def time_decay(touches: Sequence[Touch]) -> list[Fraction]:
    """Halve the weight for each 7 days before the end, and normalise."""
    end = max(touch.touched_at for touch in touches)
    week = timedelta(days=7)
    weights = [Fraction(2 ** (-((end - touch.touched_at) / week))) for touch in touches]
    return [weight / sum(weights) for weight in weights]


def provided(touches: Sequence[Touch]) -> list[Fraction]:
    """Take the source's weights, brought to a sum of 1; share evenly if it is 0."""
    total = sum(touch.provided_weight for touch in touches)
    if not total:
        return linear(touches)
    return [touch.provided_weight / total for touch in touches]


def shapley(touches: Sequence[Touch]) -> list[Fraction]:
    """Share evenly over the distinct channels, and each part over its touches."""
    count = Counter(touch.channel for touch in touches)
    return [Fraction(1, len(count) * count[touch.channel]) for touch in touches]


def markov(touches: Sequence[Touch], effects: Mapping[str, Fraction]) -> list[Fraction]:
    """Share by removal effect over the distinct channels, evenly if all are 0."""
    count = Counter(touch.channel for touch in touches)
    total = sum((effects[channel] for channel in count), Fraction(0))
    if not total:
        return linear(touches)
    return [effects[touch.channel] / total / count[touch.channel] for touch in touches]


def removal_effects(
    converting: Sequence[Sequence[str]], others: Sequence[Sequence[str]]
) -> dict[str, Fraction]:
    """Compute the removal effect of each channel in a Markov chain of order 1.

    Args:
        converting: the channels of each journey that converted, in order.
        others: those of each journey that did not.

    Returns:
        1 - P(conversion without the channel) / P(conversion), in exact fractions.
    """
    steps: Counter[tuple[str, str]] = Counter()
    for journeys_, end in ((converting, "end: sold"), (others, "end: lost")):
        for channels in journeys_:
            walk = [key for key, _ in groupby(channels)]
            steps.update(pairwise(["start", *(f"at: {key}" for key in walk), end]))
    names = {key for journey in (*converting, *others) for key in journey}
    whole = conversion_probability(steps)
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


MODELS: dict[str, Callable[[Sequence[Touch]], list[Fraction]]] = {
    "first_touch": first_touch,
    "last_touch": last_touch,
    "last_non_direct": last_non_direct,
    "linear": linear,
    "position_based": position_based,
    "time_decay": time_decay,
    "provided": provided,
    "shapley": shapley,
}


def credits(
    touches: Sequence[Touch], weights: Sequence[Fraction], cents: int
) -> list[tuple[Decimal, int]]:
    """Credit a conversion to its touches: the share of each, and its cents.

    Shares are the steps of the cumulative share, rounded to 12 places; cents are
    floor(cumulative share × cents + 1/2) less those of the touch before.
    """
    result, running, before = [], Fraction(0), Decimal(0)
    for place, weight in enumerate(weights, start=1):
        running += weight
        so_far = Decimal(1) if place == len(touches) else rounded(running)
        result.append(
            (so_far - before, cents_of(so_far, cents) - cents_of(before, cents))
        )
        before = so_far
    return result


def rounded(share: Fraction) -> Decimal:
    """Round a share to 12 places, half upwards."""
    exact = Decimal(share.numerator) / Decimal(share.denominator)
    return exact.quantize(Decimal(1) / PLACES, ROUND_HALF_UP)


def cents_of(share: Decimal, cents: int) -> int:
    """Floor(share × cents + 1/2), in integers."""
    return (2 * int(share * PLACES) * cents + PLACES) // (2 * PLACES)
