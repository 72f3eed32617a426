"""How a conversion is shared out over its touches, under each model.

A rule takes the touches of one conversion, in order, and returns the weight of each;
weights sum to 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

from reference.facts import NO_TOUCH, UNKNOWN, Cells, Conversion
from reference.journeys import Journeys, Touch
from reference.numbers import quotient, rounded

PLACES = 10**12
HALF_LIFE = timedelta(days=7)

Rule = Callable[[Sequence[Touch]], list[Fraction]]


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


def time_decay(
    touches: Sequence[Touch], half_life: timedelta = HALF_LIFE
) -> list[Fraction]:
    """Weigh by "2^(-(T-t_i)/7 days), normalised"; weights are of 13 places."""
    weights = [Fraction(rounded(w, 13)) for w in fadings(touches, half_life)]
    return [weight / sum(weights) for weight in weights]


def fadings(touches: Sequence[Touch], half_life: timedelta) -> list[Fraction]:
    """Halve a weight for each half-life before the last touch, to 40 digits."""
    end = max(touch.touched_at for touch in touches)
    tick = timedelta(microseconds=1)
    with localcontext() as context:
        context.prec = 40
        return [
            Fraction(
                Decimal(2)
                ** (-Decimal((end - t.touched_at) // tick) / (half_life // tick))
            )
            for t in touches
        ]


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


MODELS: dict[str, Rule] = {
    "first_touch": first_touch,
    "last_touch": last_touch,
    "last_non_direct": last_non_direct,
    "linear": linear,
    "position_based": position_based,
    "time_decay": time_decay,
    "provided": provided,
    "shapley": shapley,
}


@dataclass(frozen=True)
class OwnRule:
    """A rule of the user's own, as var `attribution_models` writes it.

    "The weights of the first, the middle together and the last touch, halved every
    half_life_days before the end. With exclude_direct, direct touches stand aside
    unless there is no other, and the others are counted among themselves."
    """

    first: Fraction
    middle: Fraction
    last: Fraction
    half_life_days: int | None = None
    exclude_direct: bool = False

    def __call__(self, touches: Sequence[Touch]) -> list[Fraction]:
        """Weigh the touches of a conversion."""
        counted = touches
        if self.exclude_direct:
            counted = [t for t in touches if not t.is_direct] or touches
        weights = self.by_place(len(counted))
        if self.half_life_days:
            faded = fadings(counted, timedelta(days=self.half_life_days))
            weights = [w * f for w, f in zip(weights, faded, strict=True)]
        weighed = zip(counted, weights, strict=True)
        shares = {t.session_id: weight / sum(weights) for t, weight in weighed}
        return [shares.get(touch.session_id, Fraction(0)) for touch in touches]

    def by_place(self, count: int) -> list[Fraction]:
        """Weigh by place alone; one has all, two are a first and a last."""
        if count == 1:
            return [Fraction(1)]
        each = [self.middle / (count - 2)] * (count - 2) if count > 2 else []
        return [self.first, *each, self.last]


# --- cents ---------------------------------------------------------------------------


def credits(
    touches: Sequence[Touch], weights: Sequence[Fraction], cents: int
) -> list[tuple[Decimal, int]]:
    """Credit a conversion to its touches: the share of each, and its cents.

    "credit_share comes from the rounded running total in touch order, the last
    cumulative share being 1. Credited cents are floor(cumulative share × revenue in
    cents + 0.5) less the touch before."
    """
    result, running, before = [], Fraction(0), Decimal(0)
    for place, weight in enumerate(weights, start=1):
        running += weight
        so_far = Decimal(1) if place == len(touches) else rounded(running, 12)
        result.append(
            (so_far - before, cents_of(so_far, cents) - cents_of(before, cents))
        )
        before = so_far
    return result


def cents_of(share: Decimal, cents: int) -> int:
    """Floor(share × cents + 1/2), in integers."""
    return (2 * int(share * PLACES) * cents + PLACES) // (2 * PLACES)


@dataclass(frozen=True)
class Credit:
    """What a touch earned of a conversion; touch 0 is `(no touchpoint)`."""

    conversion: Conversion
    touch_number: int
    touch: Touch | None
    share: Decimal
    cents: int

    @property
    def channel(self) -> str:
        """The channel that earned it."""
        return self.touch.channel if self.touch else NO_TOUCH

    def day(self, date_basis: str) -> date:
        """Return the day on which it stands, by touch or by conversion."""
        is_by_touch = self.touch and date_basis == "touch"
        return self.touch.day if is_by_touch else self.conversion.day


def credited(
    conversions: Sequence[Conversion], journeys: Journeys, rule: Rule
) -> list[Credit]:
    """Credit all that counts; "a conversion without touch has credit row 0"."""
    found = []
    for conversion in conversions:
        touches = journeys[conversion.conversion_id]
        if conversion.is_counted and not touches:
            found.append(Credit(conversion, 0, None, Decimal(1), conversion.cents))
        elif conversion.is_counted:
            shared = credits(touches, rule(touches), conversion.cents)
            found += [
                Credit(conversion, place, touch, share, cents)
                for place, (touch, (share, cents)) in enumerate(
                    zip(touches, shared, strict=True), start=1
                )
            ]
    return found


# --- reports -------------------------------------------------------------------------


def by_channel(credits_: Sequence[Credit]) -> dict[str, tuple[Decimal, int]]:
    """Add up conversions and cents by channel."""
    sums: dict[str, list] = defaultdict(lambda: [Decimal(0), 0])
    for credit in credits_:
        sums[credit.channel][0] += credit.share
        sums[credit.channel][1] += credit.cents
    return {channel: tuple(row) for channel, row in sums.items()}


def by_day(credits_: Sequence[Credit], date_basis: str) -> Cells:
    """Add up credits: (day, channel, market) -> conversions, cents."""
    sums: dict[tuple, list] = defaultdict(lambda: [Decimal(0), 0])
    for credit in credits_:
        market = credit.conversion.market or UNKNOWN
        row = sums[credit.day(date_basis), credit.channel, market]
        row[0] += credit.share
        row[1] += credit.cents
    return {key: tuple(row) for key, row in sums.items()}


def participation(
    conversions: Sequence[Conversion], journeys: Journeys
) -> dict[str, tuple[int, int]]:
    """Count "conversions with at least one touch of the channel", and their cents."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for conversion in conversions:
        if conversion.is_counted:
            touches = journeys[conversion.conversion_id]
            for channel in {touch.channel for touch in touches} or {NO_TOUCH}:
                sums[channel][0] += 1
                sums[channel][1] += conversion.cents
    return {channel: tuple(row) for channel, row in sums.items()}


def models_reported(
    conversions: Sequence[Conversion],
    journeys: Journeys,
    credited_by: Mapping[str, Sequence[Credit]],
) -> Cells:
    """Tell rpt_attribution_models, without what is Markov's and without intervals.

    model_spread is the "highest less lowest revenue_share of the channel over the
    models"; one that gives it nothing gives it 0.

    Returns:
        (model, channel) -> conversions, cents, revenue_share (of "the revenue of the
        property; null where that is 0"), spread, participating conversions and cents.
    """
    total = sum(c.cents for c in conversions if c.is_counted)
    took_part = participation(conversions, journeys)
    earned = {model: by_channel(found) for model, found in credited_by.items()}
    found: Cells = {}
    for model, channels in earned.items():
        for channel, (count, cents) in channels.items():
            over_models = [
                own.get(channel, (Decimal(0), 0))[1] for own in earned.values()
            ]
            found[model, channel] = (
                count,
                cents,
                quotient(cents, total),
                quotient(max(over_models) - min(over_models), total),
                *took_part[channel],
            )
    return found
