"""Read the written sample back and check what a random draw could have broken.

Nothing of the generator is used here: the rules are stated a second time.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from statistics import median

from sample.raw import Row, read_csv

SPIKE_FACTOR = 5
LARGEST_ORDINARY_USER = 10
LEAST_MARKET_CONVERSIONS = 15


def is_date(text: str) -> bool:
    """Tell whether the text is a date of the calendar."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_amount(text: str) -> bool:
    """Tell whether the text is a plain number."""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def readable_conversions(path: Path) -> dict[str, Row]:
    """Read a conversion file: the first readable row of each conversion id."""
    rows: dict[str, Row] = {}
    for row in sorted(read_csv(path), key=lambda row: tuple(row.values())):
        if row["conv_id"] and is_date(row["conv_date"]) and is_amount(row["revenue"]):
            rows.setdefault(row["conv_id"], row)
    return rows


def readable_sessions(path: Path) -> dict[str, Row]:
    """Read a session file: the first readable row of each session id."""
    rows: dict[str, Row] = {}
    for row in sorted(read_csv(path), key=lambda row: tuple(row.values())):
        is_read = (
            row["session_id"]
            and is_date(row["event_date"])
            and row["event_time"] < "24"
            and (not row["cpc"] or is_amount(row["cpc"]))
        )
        if is_read:
            rows.setdefault(row["session_id"], row)
    return rows


def spikes(series: Mapping[date, Decimal]) -> set[date]:
    """Find the days further from their weekday's median than 5 median deviations."""
    found = set()
    for weekday in range(7):
        days = [day for day in series if day.weekday() == weekday]
        if not days:
            continue
        middle = median(series[day] for day in days)
        spread = median(abs(series[day] - middle) for day in days)
        found |= {
            day for day in days if abs(series[day] - middle) > SPIKE_FACTOR * spread
        }
    return found


def gaps(series: Mapping[date, Decimal]) -> set[date]:
    """Find the days without rows between the first and the last."""
    first, last = min(series), max(series)
    days = {first + timedelta(offset) for offset in range((last - first).days)}
    return days - series.keys()


def daily(rows: Iterable[Row], day: str, amount: str = "") -> dict[date, Decimal]:
    """Add up an amount, or count the rows, for each day that has any."""
    totals: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[date.fromisoformat(row[day])] += Decimal(row[amount]) if amount else 1
    return totals


def require(condition: bool, sentence: str) -> None:
    """Refuse a sample for which the sentence does not hold."""
    if not condition:
        raise ValueError(f"the sample is not as planned: {sentence}")


def verify_days(
    sessions: dict[str, Row], counted: dict[str, Row], planted: list[Row]
) -> None:
    """Spikes and missing days are those that are listed, in each of the series."""
    series = {
        "sessions": daily(sessions.values(), "event_date"),
        "conversions": daily(counted.values(), "conv_date"),
        "revenue": daily(counted.values(), "conv_date", "revenue"),
    }
    for check, find in (("daily_spike", spikes), ("missing_day", gaps)):
        found = {f"{name}|{day}" for name in series for day in find(series[name])}
        require(found == keys(planted, check), f"{check} is {sorted(found)}")


def verify_markets(counted: dict[str, Row], planted: list[Row]) -> None:
    """Every market is large enough to judge, and only the listed ones stand apart."""
    revenues: dict[str, list[Decimal]] = defaultdict(list)
    for row in counted.values():
        revenues[row["market"]].append(Decimal(row["revenue"]))
    fewest = min(len(amounts) for amounts in revenues.values())
    require(fewest >= LEAST_MARKET_CONVERSIONS, "a market is too small to judge")

    apart = keys(planted, "market_on_another_scale")
    others = [median(revenues[market]) for market in revenues if market not in apart]
    require(max(others) < 2 * min(others), "ordinary markets differ too much")
    usual = median(
        amount
        for market in revenues
        if market not in apart
        for amount in revenues[market]
    )
    for market in apart:
        ratio = median(revenues[market]) / usual
        require(10 <= ratio <= 11, f"{market} is {ratio:.2f} times the others")


def verify_conversions(
    tracked: dict[str, Row], booked: dict[str, Row], planted: list[Row]
) -> None:
    """Both sides differ by the listed conversions; one user alone has too many."""
    last_day = max(row["conv_date"] for row in booked.values())
    awaiting = {key for key, row in tracked.items() if row["conv_date"] > last_day}
    only_tracked = tracked.keys() - booked.keys() - awaiting
    only_booked = booked.keys() - tracked.keys()
    for check, found in (
        ("conversion_awaiting_backend", awaiting),
        ("conversion_missing_in_backend", only_tracked),
        ("conversion_missing_in_tracking", only_booked),
    ):
        require(found == keys(planted, check), f"{check} is {sorted(found)}")
    require(
        len(tracked) + len(only_booked) == len(booked) + len(only_tracked | awaiting),
        "the sides have different totals",
    )
    orders = Counter(row["user_id"] for row in booked.values())
    heavy = {user for user, count in orders.items() if count > LARGEST_ORDINARY_USER}
    require(
        heavy == keys(planted, "user_with_many_conversions"), "others buy too often"
    )


def verify_weights(journeys: list[Row], planted: list[Row]) -> None:
    """Weights are off where listed; elsewhere they are noisy, as floats are."""
    sums: dict[str, float] = defaultdict(float)
    for row in journeys:
        if row["conv_id"] and is_amount(row["ihc"]):
            sums[row["conv_id"]] += float(row["ihc"])
    off = {
        key for key, total in sums.items() if not math.isclose(total, 1, abs_tol=1e-3)
    }
    require(off == keys(planted, "provided_weights_off"), f"weights off: {sorted(off)}")
    require(any(0 < abs(total - 1) < 1e-9 for total in sums.values()), "no noise")


def keys(planted: list[Row], check: str) -> set[str]:
    """Give the keys that are listed for a check."""
    return {
        row["finding_key"]
        for row in planted
        if row["property"] == "company_x" and row["check_name"] == check
    }


def verify(seeds: Path, planted_defects: Path) -> None:
    """Raise ValueError where the written 2021 sample is not as listed."""
    planted = read_csv(planted_defects)
    sessions = readable_sessions(seeds / "session_sources.csv")
    tracked = readable_conversions(seeds / "conversions.csv")
    booked = readable_conversions(seeds / "conversions_backend.csv")
    journeys = read_csv(seeds / "attribution_customer_journey.csv")
    last_day = max(row["conv_date"] for row in booked.values())
    awaiting = {k: row for k, row in tracked.items() if row["conv_date"] > last_day}

    verify_days(sessions, booked | awaiting, planted)
    verify_markets(booked | awaiting, planted)
    verify_conversions(tracked, booked, planted)
    verify_weights(journeys, planted)
