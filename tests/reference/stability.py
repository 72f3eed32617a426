"""How evenly days run, and which of them break with the days before.

What is told of a series is a list with a number for each of its days, from its first to
the last of the property. nan is unknown, and so is what is worked out from it. Roots
are no fractions: numbers are doubles, of nine places where a model tells them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import isnan, log, nan, sqrt
from statistics import mean, median, stdev

from reference.facts import ALL, Cells
from reference.numbers import quotient

Name = tuple[str, str]
# the value of each day with rows, by measure and channel
Measured = dict[Name, dict[date, Decimal]]
Days = list[float]

SESSIONS = ("sessions", ALL)
CONVERSIONS = ("conversions", ALL)
REVENUE = ("revenue", ALL)
KINDS = ("missing_day", "spike", "level_shift", "vanished_channel")
FORTNIGHT = 14
EIGHT_WEEKS = 56
THIRTEEN_WEEKS = 91

# what vars say
SPIKE_DEVIATIONS = 5
MAX_DAILY_VARIATION = 0.5
ANOMALY_DEVIATIONS = 2.6
SHIFT_DEVIATIONS = 2.5


# --- days before ----------------------------------------------------------------------


def known(days: Days) -> Days:
    """Leave out what is unknown."""
    return [number for number in days if not isnan(number)]


def middle(days: Days) -> float:
    """Take the median of what is known."""
    return median(known(days)) if known(days) else nan


def before(days: Days, place: int, count: int) -> Days:
    """Give so many days before one, fewer at the beginning."""
    return days[max(place - count, 0) : max(place, 0)]


def weekdays_before(days: Days, place: int) -> Days:
    """Give the same weekday in each of the last thirteen weeks."""
    return days[max(place - THIRTEEN_WEEKS, place % 7) : place : 7]


# --- a scale on which chance is as large on a busy day as on a quiet one --------------


def evened(count: float) -> float:
    """Bring a count to the scale, "2 * sqrt(count + 3/8)"; below 0 it is none."""
    return 2 * sqrt((0 if count < 0 else count) + 3 / 8)


def count_of(value: float) -> float:
    """Bring it back: what "a value on that scale stands for, never below 0"."""
    return 0.0 if value < evened(0) else value * value / 4 - 3 / 8


def sign(number: float) -> int:
    """Tell which way a number lies."""
    return (number > 0) - (number < 0)


# --- what was expected ----------------------------------------------------------------


@dataclass(frozen=True)
class Series:
    """A series from its first day on.

    Attributes:
        units: what is counted, 1 or the revenue of a usual order.
        evened: how many of these the values are, on the scale.
    """

    name: Name
    first: date
    values: Days
    units: Days
    evened: Days

    @cached_property
    def days(self) -> list[date]:
        """The dates."""
        return [self.first + timedelta(place) for place in range(len(self.values))]

    @cached_property
    def expected(self) -> Days:
        """The units that each day was to bring.

        "The median of the last fourteen days, each freed of what was known of its
        weekday before it, and what the day's own weekday does: the median, over its
        last thirteen, of how far it lay from the median of the seven days that it
        ended." Unknown "while fewer than three days of the two weeks before can say".
        """
        did, freed, found = [], [], []
        for place, value in enumerate(self.evened):
            weekday = middle(weekdays_before(did, place))
            fortnight = before(freed, place, FORTNIGHT)
            level = middle(fortnight) if len(known(fortnight)) >= 3 else nan
            found.append(round(count_of(level + weekday), 9))
            did.append(value - middle(before(self.evened, place + 1, 7)))
            freed.append(value - weekday)
        return found


def all_series(measured: Measured) -> dict[Name, Series]:
    """Fill the series of a property, no day left out, to the property's last."""
    last = max(max(values) for values in measured.values())
    found = {}
    for name, known_values in measured.items():
        first = min(known_values)
        days = [first + timedelta(n) for n in range((last - first).days + 1)]
        values = [value_on(day, measured, name) for day in days]
        units = usual_orders(measured, days) if name == REVENUE else [1.0] * len(days)
        scaled = [
            round(evened(value / unit), 12)
            for value, unit in zip(values, units, strict=True)
        ]
        found[name] = Series(name, first, values, units, scaled)
    return found


def value_on(day: date, measured: Measured, name: Name) -> float:
    """Read a value; none is unknown, "for a channel 0 if others have some"."""
    is_silent = name[1] != ALL and day in measured[SESSIONS]
    return float(measured[name].get(day, 0 if is_silent else nan))


def usual_orders(measured: Measured, days: list[date]) -> Days:
    """Tell the revenue of a usual order on each day.

    It is "the median of what an order brought on each day of the eight weeks before",
    unknown "where that is 0".
    """
    orders = measured[CONVERSIONS]
    worth = [
        float(measured[REVENUE].get(day, nan)) / float(orders.get(day, nan))
        for day in days
    ]
    found = [middle(before(worth, place, EIGHT_WEEKS)) for place in range(len(days))]
    return [unit or nan for unit in found]


def by_rate(conversions: Series, sessions: Series) -> dict[date, float]:
    """Tell how many conversions the sessions of each day led to expect.

    "What these bring at the median rate of the eight weeks before, and the median of
    how far the last thirteen of its weekday lay from that". Days are those on which
    both series have begun.
    """
    orders = dict(zip(conversions.days, conversions.values, strict=True))
    scaled = dict(zip(conversions.days, conversions.evened, strict=True))
    rates, did, found = [], [], {}
    for day, count in zip(sessions.days, sessions.values, strict=True):
        if day < conversions.first:
            continue
        place = len(rates)
        usual = evened(count * middle(before(rates, place, EIGHT_WEEKS)))
        weekday = middle(weekdays_before(did, place))
        found[day] = round(count_of(usual + weekday), 9)
        rates.append(orders[day] / (count or nan))
        did.append(scaled[day] - usual)
    return found


# --- how far days lie off -------------------------------------------------------------


@dataclass(frozen=True)
class Looks:
    """How far each day of a series lies off, at the first look and as it is judged."""

    first: Days
    judged: Days


def looks(series: Series, total: Series, rates: dict[date, float]) -> Looks:
    """Look twice at each day of a series.

    "A channel is compared with its own days before and with what the others bring":
    "what was expected of it, times what they brought by what was expected of them".
    "Conversions with what the day's sessions led to expect and", twice, "with their own
    days before".

    Args:
        series: the series.
        total: that of the same measure over all channels.
        rates: what sessions led to expect.
    """
    found = Looks([], [])
    late = (series.first - total.first).days
    for place, expected in enumerate(series.expected):
        value = series.evened[place]
        first = second = value - evened(expected)
        of_others = total.expected[late + place] - expected
        rate = rates.get(series.days[place], nan)
        if of_others > 0:
            others = total.values[late + place] - series.values[place]
            second = value - evened(expected * others / of_others)
        if not isnan(rate + expected):
            first, second = value - evened(rate), 2 * first
        found.first.append(round(first, 9))
        found.judged.append(round(nearer(first, second), 9))
    return found


def nearer(first: float, second: float) -> float:
    """Take the smaller of two looks, "0 where the two looks disagree which way"."""
    if isnan(first + second):
        return nan
    return min(first, second, key=abs) if sign(first) == sign(second) else 0.0


Three = tuple[float, float, float]


@dataclass(frozen=True)
class Deviation:
    """How far a day and the two after it lie off, and how far is usual.

    Attributes:
        expected_value: what was expected.
        absence: how far off a day without anything would lie.
        days: the day, the next and the one after.
        mean: that of the three.
        count: "units a day expected, or those of the three days if they are more".
        learned_days: how many tell what is usual.
        day_spread: how far days lie off.
        shift_spread: how far means of three days do.
    """

    expected_value: float
    absence: float
    days: Three
    mean: float
    count: float
    learned_days: int
    day_spread: float
    shift_spread: float


def three(days: Days, place: int) -> Three:
    """Give a day and the two after it, which may not be there."""
    first, second, third = (days + [nan, nan])[place : place + 3]
    return first, second, third


def deviations(series: Series, seen: Looks) -> list[Deviation]:
    """Tell how far each day lies off, and how far is usual.

    What is usual is told by the thirteen weeks before, "at the first look"; of means of
    three days by "as many of which end before the day".
    """
    lay = [abs(number) for number in seen.first]
    means = [abs(sum(three(seen.first, place)) / 3) for place in range(len(lay))]
    found = []
    for place, expected in enumerate(series.expected):
        days = three(seen.judged, place)
        mean_of_days = sum(days) / 3
        counts = [expected, count_of(evened(expected) + mean_of_days)]
        lately = before(lay, place, THIRTEEN_WEEKS)
        # the last of them begins three days before
        over = before(means, place - 2, THIRTEEN_WEEKS)
        found.append(
            Deviation(
                round(expected * series.units[place], 9),
                round(evened(0) - evened(expected), 9),
                days,
                round(mean_of_days, 9),
                round(max(known(counts), default=nan), 9),
                len(known(lately)),
                usual(lately, 1.1, expected),
                usual(over, 0.65, expected),
            )
        )
    return found


def usual(lay: Days, chance: float, expected: float) -> float:
    """Tell how far is usual.

    "1.4826 times the median of how far those lie", at least chance alone and "an eighth
    of what was expected, which is sqrt(expected_count) / 8 on this scale".
    """
    spreads = [chance, sqrt(expected) / 8, 1.4826 * middle(lay)]
    return round(max(known(spreads)), 9)


# --- how far they may -----------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """How far a day and three lie off, in standard deviations, and how far they may."""

    is_absent: bool
    day: float
    shift: float
    day_bar: float
    shift_bar: float


def score(series: Series, place: int, lies: Deviation, together: int) -> Score:
    """Hold a day against its bars.

    "Anomaly_deviations, of more than eight series that are judged the root of its
    square and 2.5 * ln(series / 8); times 1 + 5 / learned_days, for revenue 1.2 times
    that." Of three days "the same of shift_deviations, for a fall of four fifths of
    it".

    Args:
        series: the series.
        place: the number of the day.
        lies: how far it lies off.
        together: how many series of the property are judged on that day.
    """
    is_absent = isnan(series.values[place]) and series.name[1] == ALL
    off = lies.absence if is_absent else lies.days[0]
    shift = round(lies.mean / lies.shift_spread, 9)
    caution = (1 + 5 / lies.learned_days) * (1.2 if series.name == REVENUE else 1)
    more = 2.5 * log(max(together, 8) / 8)
    bar = SHIFT_DEVIATIONS * (0.8 if shift < 0 else 1)
    return Score(
        is_absent,
        round(off / lies.day_spread, 9),
        shift,
        round(caution * sqrt(ANOMALY_DEVIATIONS**2 + more), 9),
        round(caution * sqrt(bar**2 + more), 9),
    )


# --- what breaks ----------------------------------------------------------------------


@dataclass(frozen=True)
class Break:
    """Which way a day lies too far off, and which way a shift begins on it.

    Attributes:
        day_sign: None where the day is unknown.
        shift_sign: 0 where none begins.
        is_silent: "whether nothing happens in the three days of the shift, from the one
            on which it begins".
        shift_score: how far off their mean is.
    """

    day_sign: int | None
    shift_sign: int = 0
    is_silent: bool | None = None
    shift_score: float | None = None


def shift_in(lies: Deviation, scored: Score) -> tuple[int, int]:
    """Tell which way three days are a shift, and on which of them it began.

    It is "told from the mean of three days, none of which is more than 1.7 times that
    mean, and of at least ten a day". "It began on the first of them, or on the second
    if the first lies off by less than three quarters of the mean."
    """
    if lies.count < 10 or not abs(scored.shift) >= scored.shift_bar:
        return 0, 0
    parts = [day / lies.mean for day in lies.days]
    way = 0 if max(parts) > 1.7 else sign(scored.shift)
    return way, 0 if parts[0] >= 0.75 else 1


def break_on(
    place: int, values: Days, lies: list[Deviation], scores: dict[int, Score]
) -> Break:
    """Tell what breaks on a day; "where two tell of" a shift, "those from" it "on"."""
    day, bar = scores[place].day, scores[place].day_bar
    day_sign = None if isnan(day) else sign(day) if abs(day) >= bar else 0
    for start in (place, place - 1):
        if start in scores:
            way, after = shift_in(lies[start], scores[start])
            if way and start + after == place:
                is_silent = set(values[place : start + 3]) == {0}
                return Break(day_sign, way, is_silent, scores[start].shift)
    return Break(day_sign)


def kind_of(name: Name, place: int, is_absent: bool, found: dict[int, Break]) -> str:
    """Name what breaks on a day, if anything.

    "A day that breaks the same way as a shift, named or not, that begins on one of the
    six days before is not named again, unless it is missing."
    """
    here = found[place]
    lately = {found[n].shift_sign for n in range(place - 6, place) if n in found}
    if is_absent and here.day_sign == -1:
        return "missing_day"
    if here.shift_sign and here.shift_sign not in lately:
        is_gone = here.shift_sign == -1 and here.is_silent and name[1] != ALL
        return "vanished_channel" if is_gone else "level_shift"
    return "spike" if here.day_sign and here.day_sign not in lately else ""


# --- all days and all series of a property --------------------------------------------


@dataclass(frozen=True)
class Judged:
    """A series and what is told of each of its days; some are judged, by number."""

    series: Series
    rates: dict[date, float]
    looks: Looks
    deviations: list[Deviation]
    scores: dict[int, Score]
    breaks: dict[int, Break]


def all_judged(measured: Measured) -> list[Judged]:
    """Judge the series of a property, "from the fifth" day on "that can be judged"."""
    series = all_series(measured)
    rates: dict[Name, dict[date, float]] = defaultdict(dict)
    if CONVERSIONS in series and SESSIONS in series:
        rates[CONVERSIONS] = by_rate(series[CONVERSIONS], series[SESSIONS])
    seen = {
        name: looks(one, series[name[0], ALL], rates[name])
        for name, one in series.items()
    }
    lies = {name: deviations(one, seen[name]) for name, one in series.items()}
    judged = {
        name: [place for place, day in enumerate(days) if day.learned_days >= 4]
        for name, days in lies.items()
    }
    together = Counter(
        series[name].days[place] for name, places in judged.items() for place in places
    )
    found = []
    for name, one in series.items():
        scores = {
            place: score(one, place, lies[name][place], together[one.days[place]])
            for place in judged[name]
        }
        breaks = {
            place: break_on(place, one.values, lies[name], scores) for place in scores
        }
        found.append(Judged(one, rates[name], seen[name], lies[name], scores, breaks))
    return found


def told(one: Judged, place: int) -> dict[str, tuple[object, ...]]:
    """Tell a day, by the name of each model that does: the columns after the keys."""
    series, lies = one.series, one.deviations[place]
    value, unit = series.values[place], series.units[place]
    scaled, expected = series.evened[place], series.expected[place]
    day = series.days[place]
    lies_off = (*lies.days, lies.mean, lies.count)
    usually = (lies.learned_days, lies.day_spread, lies.shift_spread)
    found: dict[str, tuple[object, ...]] = {
        "int_daily_series": (day.isoweekday(), value, unit, scaled),
        "int_daily_expectations": (value, unit, scaled, expected),
        "int_daily_comparisons": (
            value,
            unit,
            expected,
            one.looks.first[place],
            one.looks.judged[place],
        ),
        "int_daily_deviations": (
            value,
            lies.expected_value,
            lies.absence,
            *lies_off,
            *usually,
        ),
    }
    if day in one.rates:
        found["int_daily_rates"] = (one.rates[day],)
    if place not in one.scores:
        return found
    scored, breaks = one.scores[place], one.breaks[place]
    found["int_daily_scores"] = (
        scored.is_absent,
        value,
        lies.expected_value,
        *lies_off,
        scored.day,
        scored.shift,
        scored.day_bar,
        scored.shift_bar,
    )
    found["int_daily_breaks"] = (
        scored.is_absent,
        breaks.is_silent,
        value,
        lies.expected_value,
        breaks.day_sign,
        scored.day,
        breaks.shift_sign,
        breaks.shift_score,
    )
    kind = kind_of(series.name, place, scored.is_absent, one.breaks)
    if kind:
        found["rpt_anomalies"] = (
            kind,
            0.0 if isnan(value) else value,
            lies.expected_value,
            scored.day if kind in ("spike", "missing_day") else breaks.shift_score,
        )
    return found


def daily(measured: Measured) -> dict[str, Cells]:
    """Judge every day of a property.

    Returns:
        By the name of the model, (measure, channel, day) -> the columns that follow;
        None is unknown. In int_daily_breaks is_silent and shift_score are None where no
        shift begins.
    """
    found: dict[str, Cells] = defaultdict(dict)
    for one in all_judged(measured):
        for place, day in enumerate(one.series.days):
            for model, values in told(one, place).items():
                found[model][*one.series.name, day] = tuple(
                    None if value != value else value for value in values
                )
    return found


# --- how evenly a series runs ---------------------------------------------------------


def flagged(measured: Measured) -> Cells:
    """Look back over each series from its first day to its last.

    "A spike is a day further from the median of its weekday than spike_deviations (5)
    median absolute deviations." "A day without rows is missing, not a spike, and in no
    median."

    Returns:
        (measure, channel, day) -> whether it is missing, whether it is a spike, its
        value, and what is judged: "the value, for a channel its share of the day".
    """
    found: Cells = {}
    for name, values in measured.items():
        shares = {
            day: share(value, day, name, measured) for day, value in values.items()
        }
        weekdays: dict[int, list[Fraction]] = defaultdict(list)
        for day, level in shares.items():
            weekdays[day.weekday()].append(level)
        usual = {of: median(levels) for of, levels in weekdays.items()}
        bars = {
            of: SPIKE_DEVIATIONS * median(abs(level - usual[of]) for level in levels)
            for of, levels in weekdays.items()
        }
        first = min(values)
        for n in range((max(values) - first).days + 1):
            day = first + timedelta(n)
            found[*name, day] = (True, False, None, None)
            if day in values:
                of, level = day.weekday(), shares[day]
                is_spike = abs(level - usual[of]) > bars[of]
                found[*name, day] = (False, is_spike, float(values[day]), float(level))
    return found


def share(value: Decimal, day: date, name: Name, measured: Measured) -> Fraction:
    """Tell what of a day is judged."""
    whole = 1 if name[1] == ALL else measured[SESSIONS][day]
    return Fraction(value) / Fraction(whole)


def reported(measured: Measured, anomalies: Cells) -> Cells:
    """Tell rpt_stability.

    Returns:
        (measure, channel) -> status, kind and day of the last anomaly, days with rows,
        their mean, coefficient of variation, spikes, missing days, and anomalies by
        kind.
    """
    days = flagged(measured)
    found: Cells = {}
    for name, values in measured.items():
        levels = [share(value, day, name, measured) for day, value in values.items()]
        cv = None
        if len(levels) > 1 and mean(levels):
            cv = round(stdev(levels) / float(mean(levels)), 9)
        seen = [row for key, row in days.items() if key[:2] == name]
        missing = sum(is_missing for is_missing, *_ in seen)
        spikes = sum(is_spike for _, is_spike, *_ in seen)
        broken = {key[2]: row[0] for key, row in anomalies.items() if key[:2] == name}
        kinds = Counter(broken.values())
        last = max(broken, default=None)
        if cv is not None and cv > MAX_DAILY_VARIATION:
            status = "unstable"
        elif spikes:
            status = "spikes"
        else:
            status = "missing_days" if missing else "stable"
        found[name] = (
            status,
            broken.get(last),
            last,
            len(values),
            quotient(sum(values.values()), len(values)),
            cv,
            spikes,
            missing,
            *(kinds[kind] for kind in KINDS),
        )
    return found
