"""Who comes back, what buyers bring, and when they have paid for themselves.

A user is "a user_id that is not null, of a session or of a counted conversion".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from reference.days import PERIODS, first_day, first_of, is_over, month
from reference.facts import (
    ALL,
    NO_SESSION,
    UNKNOWN,
    Cells,
    Conversion,
    Refund,
    Session,
)
from reference.numbers import quotient

CENT = Decimal("0.01")
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Facts:
    """The facts of one property.

    Attributes:
        conversions: all of them, also those that do not count.
        refunds: what was paid back, each on its day.
        costs: (day, channel) -> cost; empty where nothing is known.
        last_cost_day: "the last day with a cost"; None in a property that has "neither
            a table of ad costs nor a session with a cost".
    """

    sessions: Sequence[Session]
    conversions: Sequence[Conversion]
    refunds: Sequence[Refund]
    costs: dict[tuple[date, str], Decimal]
    last_cost_day: date | None
    gross_margin: Decimal

    @property
    def counted(self) -> list[Conversion]:
        """The conversions that count."""
        return [one for one in self.conversions if one.is_counted]

    @property
    def last_session_day(self) -> date | None:
        """Until when there are sessions."""
        return max((one.day for one in self.sessions), default=None)

    @property
    def last_counted_day(self) -> date | None:
        """Until when there are conversions that count."""
        return max((one.day for one in self.counted), default=None)


@dataclass(frozen=True)
class Buyer:
    """A user who converted: when first, and where they came from.

    Attributes:
        cohort: the month of the first conversion.
        visited: the day of the first session; None without one.
    """

    user_id: str
    bought: date
    cohort: int
    visited: date | None
    channel: str
    device: str


@dataclass(frozen=True)
class Movement:
    """Money that came in or went out of a user on a day."""

    day: date
    is_order: bool
    revenue: Decimal
    refunded: Decimal

    @property
    def net(self) -> Decimal:
        """What is left."""
        return self.revenue - self.refunded


def first_sessions(shop: Facts) -> dict[str, Session]:
    """Find each user's "first session ever"."""
    found: dict[str, Session] = {}
    for one in sorted(shop.sessions, key=lambda s: (s.started_at, s.session_id)):
        if one.user_id:
            found.setdefault(one.user_id, one)
    return found


def buyers(shop: Facts) -> list[Buyer]:
    """List who converted.

    "Acquisition channel and device: those of the user's first session ever"; "without a
    session (no session) and (unknown)".
    """
    seen = first_sessions(shop)
    first: dict[str, Conversion] = {}
    for one in sorted(shop.counted, key=lambda c: (c.converted_at, c.conversion_id)):
        if one.user_id:
            first.setdefault(one.user_id, one)
    return [
        Buyer(
            user,
            one.day,
            month(one.day),
            seen[user].day if user in seen else None,
            seen[user].channel if user in seen else NO_SESSION,
            (seen[user].device if user in seen else None) or UNKNOWN,
        )
        for user, one in first.items()
    ]


def movements(shop: Facts) -> dict[str, list[Movement]]:
    """Tell each user's money, day by day: conversions and what was paid back."""
    found: dict[str, list[Movement]] = defaultdict(list)
    for one in shop.counted:
        if one.user_id:
            found[one.user_id].append(Movement(one.day, True, one.revenue, Decimal(0)))
    for refund in shop.refunds:
        if refund.user_id:
            found[refund.user_id].append(
                Movement(refund.day, False, Decimal(0), refund.amount)
            )
    return found


def cube(channel: str, device: str) -> Iterator[tuple[str, str]]:
    """Name the rows that somebody is in: of one, of all channels, devices, of both."""
    for name in (channel, ALL):
        for kind in (device, ALL):
            yield name, kind


def retention(shop: Facts) -> Cells:
    """Tell rpt_retention.

    "Cohort of retention: calendar month of the first session; month_number = calendar
    months since, from 0." "Each cohort has a row for every month to the last of the
    data"; active users are None while a month is not over.

    Returns:
        (cohort, month_number, channel, device) -> users, active users, their share.
    """
    months: dict[str, set[int]] = defaultdict(set)
    for one in shop.sessions:
        if one.user_id:
            months[one.user_id].add(month(one.day))
    cohorts: dict[tuple[int, str, str], list[str]] = defaultdict(list)
    for user, one in first_sessions(shop).items():
        for names in cube(one.channel, one.device or UNKNOWN):
            cohorts[month(one.day), *names].append(user)
    until = shop.last_session_day
    found: Cells = {}
    for (cohort, *names), users in cohorts.items():
        for later in range(cohort, month(until) + 1):
            active = None
            if is_over(later, until):
                active = sum(later in months[user] for user in users)
            found[first_of(cohort), later - cohort, *names] = (
                len(users),
                active,
                quotient(active, len(users)),
            )
    return found


def ltv(shop: Facts) -> Cells:
    """Tell rpt_ltv.

    "Cohort of LTV: month of the first conversion; buyers = the cohort's size; ltv =
    cumulative net revenue / buyers." Rows go "up to the last of conversions and
    refunds"; cumulative columns are None while a month is not over. "Refunds lower the
    cohort of their user, in their own month; before the cohort's month, in that month."

    Returns:
        (cohort, month_number, channel, device) -> buyers, orders, revenue, refunded,
        net, cumulative net, ltv.
    """
    money = movements(shop)
    cohorts: dict[tuple[int, str, str], list[Buyer]] = defaultdict(list)
    for buyer in buyers(shop):
        for names in cube(buyer.channel, buyer.device):
            cohorts[buyer.cohort, *names].append(buyer)
    days = [*(c.day for c in shop.conversions), *(r.day for r in shop.refunds)]
    found: Cells = {}
    for (cohort, *names), members in cohorts.items():
        total = Decimal(0)
        for later in range(cohort, month(max(days)) + 1):
            rows = [
                row
                for buyer in members
                for row in money[buyer.user_id]
                if max(month(row.day), cohort) == later
            ]
            net = sum((row.net for row in rows), Decimal(0))
            total += net
            over = is_over(later, shop.last_counted_day)
            found[first_of(cohort), later - cohort, *names] = (
                len(members),
                sum(row.is_order for row in rows),
                sum((row.revenue for row in rows), Decimal(0)),
                sum((row.refunded for row in rows), Decimal(0)),
                net,
                total if over else None,
                quotient(total, len(members)) if over else None,
            )
    return found


def lags(shop: Facts) -> Cells:
    """Tell rpt_conversion_lag.

    "lag_days = calendar days from first session date to first conversion date, -1 if it
    came before it or without one."

    Returns:
        (cohort, channel, device, lag_days) -> buyers.
    """
    counts: Counter[tuple] = Counter()
    for buyer in buyers(shop):
        lag = -1
        if buyer.visited and buyer.bought >= buyer.visited:
            lag = (buyer.bought - buyer.visited).days
        for names in cube(buyer.channel, buyer.device):
            counts[first_of(buyer.cohort), *names, lag] += 1
    return {key: (count,) for key, count in counts.items()}


def orders(shop: Facts) -> Cells:
    """Tell rpt_orders: counted conversions by day, ISO week and month.

    Returns:
        (period, first day, device) -> orders, buyers, revenue, mean.
    """
    groups: dict[tuple[str, date, str], list[Conversion]] = defaultdict(list)
    for one in shop.counted:
        for period in PERIODS:
            for device in (one.device or UNKNOWN, ALL):
                groups[period, first_day(period, one.day), device].append(one)
    found: Cells = {}
    for key, rows in groups.items():
        revenue = sum((one.revenue for one in rows), Decimal(0))
        people = {one.user_id for one in rows if one.user_id}
        mean = quotient(revenue, len(rows))
        found[key] = (len(rows), len(people), revenue, mean)
    return found


def acquisition(shop: Facts) -> Cells:
    """Tell rpt_acquisition.

    "CAC = a channel's cost in a month / users whose first conversion is in that month
    and whose acquisition channel it is; cost without buyers and buyers without cost
    both keep their row; without a cost table cost, cac and romi are null."

    Returns:
        (cohort, channel) -> cost, new users, new buyers, months that are over,
        cumulative net revenue, gross profit, CAC, ROMI, LTV to CAC, payback month.
    """
    costs: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for (day, channel), cost in shop.costs.items():
        costs[month(day), channel] += cost
    users = Counter(
        (month(one.day), one.channel) for one in first_sessions(shop).values()
    )
    new: dict[tuple[int, str], list[Buyer]] = defaultdict(list)
    for buyer in buyers(shop):
        new[buyer.cohort, buyer.channel].append(buyer)
    money = movements(shop)
    found: Cells = {}
    for key in costs.keys() | users.keys() | new.keys():
        cohort, channel = key
        rows = [row for buyer in new[key] for row in money[buyer.user_id]]
        cost = costs[key] if shop.last_cost_day else None
        found[first_of(cohort), channel] = (
            cost,
            users[key],
            len(new[key]),
            *worth(shop, cohort, channel, cost, len(new[key]), rows),
        )
    return found


def worth(
    shop: Facts,
    cohort: int,
    channel: str,
    cost: Decimal | None,
    count: int,
    rows: Sequence[Movement],
) -> tuple[object, ...]:
    """Tell what the new buyers of a month and channel have brought.

    A month is over when "the earlier of conversions and costs" reaches its last day.
    "payback_month: first month_number with cumulative gross profit >= cost"; "a channel
    that cost nothing pays back in month 0 if it has buyers. Ratios and payback of (no
    session) are null."
    """
    ends = [day for day in (shop.last_counted_day, shop.last_cost_day) if day]
    until = min(ends) if shop.last_counted_day else None
    if not is_over(cohort, until):
        return (None,) * 7
    later, payback, revenue, profit = cohort, None, Decimal(0), Decimal(0)
    while is_over(later, until):
        revenue = sum(
            (row.net for row in rows if max(month(row.day), cohort) <= later),
            Decimal(0),
        )
        profit = (revenue * shop.gross_margin).quantize(CENT, ROUND_HALF_UP)
        if payback is None and cost is not None and count and profit >= cost:
            payback = later - cohort
        later += 1
    ratios: tuple[object, ...] = (None,) * 4
    if cost is not None and channel != NO_SESSION:
        ratios = (
            quotient(cost, count),
            quotient(profit - cost, cost),
            quotient(revenue, cost) if count else None,
            payback,
        )
    return later - cohort, revenue, profit, *ratios


def users(shop: Facts) -> Cells:
    """Tell dim_users.

    "Recency: days from the last counted conversion to the property's last day (of
    sessions and conversions)." Hours to the first conversion "keep their sign".

    Returns:
        user -> first and last session (UTC), day of the first; first and last counted
        conversion, day of the first; acquisition channel, device; sessions,
        conversions, revenue, refunded, net, hours to the first conversion, recency,
        segment.
    """
    visits: dict[str, list[Session]] = defaultdict(list)
    for one in sorted(shop.sessions, key=lambda s: (s.started_at, s.session_id)):
        if one.user_id:
            visits[one.user_id].append(one)
    bought: dict[str, list[Conversion]] = defaultdict(list)
    for one in sorted(shop.counted, key=lambda c: (c.converted_at, c.conversion_id)):
        if one.user_id:
            bought[one.user_id].append(one)
    money = movements(shop)
    ends = [day for day in (shop.last_session_day, shop.last_counted_day) if day]
    values = sorted(sum(row.net for row in money[user]) for user in bought)
    found: Cells = {}
    for user in visits.keys() | bought.keys():
        came, had = visits.get(user, []), bought.get(user, [])
        rows = money.get(user, [])
        revenue = sum((row.revenue for row in rows), Decimal(0))
        refunded = sum((row.refunded for row in rows), Decimal(0))
        first_at, last_at = ends_of(came, lambda s: s.started_at)
        first_bought_at, last_bought_at = ends_of(had, lambda c: c.converted_at)
        hours = None
        if came and had:
            ticks = (first_bought_at - first_at) // TICK
            hours = quotient(ticks, HOUR // TICK)
        found[(user,)] = (
            first_at,
            last_at,
            came[0].day if came else None,
            first_bought_at,
            last_bought_at,
            had[0].day if had else None,
            came[0].channel if came else NO_SESSION,
            (came[0].device if came else None) or UNKNOWN,
            len(came),
            len(had),
            revenue,
            refunded,
            revenue - refunded,
            hours,
            (max(ends) - max(c.day for c in had)).days if had else None,
            segment(max(ends), had, revenue - refunded, values),
        )
    return found


def segment(
    end: date, bought: Sequence[Conversion], net: Decimal, values: Sequence[Decimal]
) -> str:
    """Tell where a user stands, the first that holds, by the default vars.

    "visitor (no conversion), lost (last conversion more than lost_days ago), lapsing
    (more than lapsing_days), best (best_min_conversions, and net revenue that
    best_value_quantile of the property's buyers do not exceed), new (first conversion
    within new_days), repeat, one_time."

    Args:
        end: the property's last day.
        bought: the user's conversions.
        net: the user's net revenue.
        values: that of each buyer of the property.
    """
    if not bought:
        return "visitor"
    since_last = (end - max(one.day for one in bought)).days
    since_first = (end - min(one.day for one in bought)).days
    if since_last > 180:
        return "lost"
    if since_last > 90:
        return "lapsing"
    not_above = sum(value <= net for value in values)
    if len(bought) >= 3 and 10 * not_above >= 8 * len(values):
        return "best"
    if since_first <= 30:
        return "new"
    return "repeat" if len(bought) > 1 else "one_time"


def ends_of(
    rows: Sequence, when: Callable[..., datetime]
) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last time."""
    times = [when(row) for row in rows]
    return min(times, default=None), max(times, default=None)
