"""The answers about customers, worked out a second time from the raw seeds.

The sample's visits, orders and costs are read as text, less what the definitions
refuse, and counted in plain Python: no SQL, no mart. All of its months are over.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import median, mode
from typing import NamedTuple

import duckdb
import pytest

from support import PROJECT, SEEDS, Build, Row, Written, dbt, read_rows

ALL = "(all)"
NO_SESSION = "(no session)"
PROPERTIES = ("afisha", "company_x", "company_x_2023")
MONTHS = [date(2017 + n // 12, n % 12 + 1, 1) for n in range(5, 17)]


class Visit(NamedTuple):
    """A session; of nobody without a user, untimed without seconds."""

    user: str | None
    device: str
    start: datetime
    seconds: float | None
    channel: str


class Order(NamedTuple):
    """An order, or where the amount is below 0 a refund."""

    user: str | None
    day: date
    amount: Decimal


@dataclass(frozen=True)
class Shop:
    """The sample's sound rows; costs by day and source."""

    visits: list[Visit]
    orders: list[Order]
    costs: dict[tuple[date, str], Decimal]

    @property
    def bought(self) -> list[Order]:
        """The orders without the refunds."""
        return [order for order in self.orders if order.amount >= 0]

    @property
    def first_visits(self) -> dict[str, Visit]:
        """Each user's first visit ever."""
        found: dict[str, Visit] = {}
        for visit in sorted(self.visits, key=lambda visit: visit.start):
            if visit.user:
                found.setdefault(visit.user, visit)
        return found

    @property
    def first_days(self) -> dict[str, date]:
        """The day on which each buyer bought first."""
        found: dict[str, date] = {}
        for order in sorted(self.bought, key=lambda order: order.day):
            if order.user:
                found.setdefault(order.user, order.day)
        return found

    @property
    def channel_costs(self) -> dict[tuple[date, str], Decimal]:
        """Costs by day and channel; what brought no visit that day has no channel."""
        came = {(visit.start.date(), visit.channel) for visit in self.visits}
        found: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
        for (day, source), cost in self.costs.items():
            key = day, f"source {source}"
            found[key if key in came else (day, NO_SESSION)] += cost
        return dict(found)

    def origin(self, user: str) -> dict[str, str]:
        """Say by what channel and device a user came first."""
        visit = self.first_visits.get(user)
        if visit is None:
            return {"channel": NO_SESSION, "device": "(unknown)"}
        return {"channel": visit.channel, "device": visit.device}


def instant(text: str) -> datetime | None:
    """Read a timestamp; None where it is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def is_user(text: str) -> bool:
    """Tell whether a uid is empty or a whole number of 64 bits."""
    return not text or (text.isdigit() and int(text) < 2**64)


def is_money(text: str) -> bool:
    """Tell whether the text is a plain amount."""
    return text.removeprefix("-").replace(".", "", 1).isdigit()


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Read what of the sample can be read."""
    visits = []
    for row in read_rows(SEEDS / "afisha" / "visits.csv"):
        start, end = instant(row["Start Ts"]), instant(row["End Ts"])
        if is_user(row["Uid"]) and start and (end or not row["End Ts"]):
            seconds = (end - start).total_seconds() if end else None
            if seconds is not None and seconds < 0:
                seconds = None
            channel = f"source {row['Source Id']}"
            visits.append(
                Visit(row["Uid"] or None, row["Device"], start, seconds, channel)
            )
    orders = []
    for row in read_rows(SEEDS / "afisha" / "orders.csv"):
        at = instant(row["Buy Ts"])
        if is_user(row["Uid"]) and at and is_money(row["Revenue"]):
            orders.append(Order(row["Uid"] or None, at.date(), Decimal(row["Revenue"])))
    costs: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for row in read_rows(SEEDS / "afisha" / "costs.csv"):
        at = instant(row["dt"])
        if row["source_id"] and at and is_money(row["costs"]):
            costs[at.date(), row["source_id"]] += Decimal(row["costs"])
    return Shop(visits, orders, dict(costs))


def first_of(day: date) -> date:
    """Return the first day of the month."""
    return day.replace(day=1)


def months_between(earlier: date, later: date) -> int:
    """Count calendar months."""
    return 12 * (later.year - earlier.year) + later.month - earlier.month


def splits(cohort: date, origin: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Say in which rows of an answer somebody counts."""
    yield ALL, ALL
    yield "cohort", str(cohort)
    yield from origin.items()


def number(text: str) -> float | None:
    """Read a cell; an empty one is None."""
    return float(text) if text else None


def by(rows: list[Row], *keys: str) -> dict[tuple[str, ...], Row]:
    """Index rows by columns that are unique together."""
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


# how people use it


def test_active_users_are_those_who_came(shop: Shop, written: Written) -> None:
    days = [date(2017, 6, 1) + timedelta(n) for n in range(365)]
    starts = {
        "day": {day: day for day in days},
        # 2017-06-05 is a Monday; the last whole week ends on 2018-05-27
        "week": {day: day - timedelta(day.weekday()) for day in days[4:361]},
        "month": {day: first_of(day) for day in days},
    }
    rows = by(written.rows("active_users", "afisha"), "period", "device")

    assert {device for _, device in rows} == {ALL, "desktop", "touch"}
    for (period, device), row in rows.items():
        came: dict[date, set[str]] = {start: set() for start in starts[period].values()}
        daily: dict[date, set[str]] = defaultdict(set)
        for visit in shop.visits:
            day = visit.start.date()
            known = visit.user and day in starts[period]
            if known and device in (ALL, visit.device):
                came[starts[period][day]].add(visit.user)
                daily[day].add(visit.user)
        counts = [len(users) for users in came.values()]
        assert int(row["period_count"]) == len(counts)
        assert int(row["periods_without_users"]) == counts.count(0)
        assert int(row["active_users_fewest"]) == min(counts)
        assert int(row["active_users_most"]) == max(counts)
        mean = sum(counts) / len(counts)
        assert float(row["active_users_mean"]) == pytest.approx(mean)
        if period == "day":
            assert row["stickiness"] == ""
            continue
        # the mean of the periods' means, over the mean of the periods
        lengths = Counter(starts[period].values())
        means = [
            sum(len(daily[day]) for day in starts[period] if starts[period][day] == key)
            / lengths[key]
            for key in came
        ]
        stickiness = sum(means) / sum(counts)
        assert float(row["stickiness"]) == pytest.approx(stickiness, abs=1e-8)


def test_whole_periods_are_told_from_others(written: Written) -> None:
    rows = by(
        written.rows("active_users_over_time", "afisha"), "period", "period_start"
    )

    whole = [key for key, row in rows.items() if row["is_whole"] == "false"]
    assert whole == [("week", "2017-05-29"), ("week", "2018-05-28")]


def test_sessions_of_a_user_and_a_day(shop: Shop, written: Written) -> None:
    rows = by(written.rows("sessions_per_user", "afisha"), "session_month", "device")

    for (month, device), row in rows.items():
        mine = [
            visit
            for visit in shop.visits
            if month in (ALL, str(first_of(visit.start.date())))
            and device in (ALL, visit.device)
        ]
        known = [visit for visit in mine if visit.user]
        users = {visit.user for visit in known}
        user_days = {(visit.user, visit.start.date()) for visit in known}
        assert int(row["session_count"]) == len(mine)
        assert int(row["sessions_without_user"]) == len(mine) - len(known)
        per_day = len(mine) / int(row["day_count"])
        assert float(row["sessions_per_day"]) == pytest.approx(per_day)
        per_user = len(known) / len(users)
        assert float(row["sessions_per_user"]) == pytest.approx(per_user)
        per_user_day = len(known) / len(user_days)
        assert float(row["sessions_per_user_day"]) == pytest.approx(per_user_day)
    assert rows[ALL, ALL]["day_count"] == "365"
    assert rows["2018-02-01", ALL]["day_count"] == "28"


def test_lengths_are_of_timed_sessions(shop: Shop, written: Written) -> None:
    rows = by(written.rows("session_length", "afisha"), "device")

    for (device,), row in rows.items():
        mine = [v.seconds for v in shop.visits if device in (ALL, v.device)]
        timed = [seconds for seconds in mine if seconds is not None]
        assert int(row["session_count"]) == len(mine)
        assert int(row["untimed_session_count"]) == len(mine) - len(timed)
        assert float(row["mean_seconds"]) == pytest.approx(sum(timed) / len(timed))
        assert float(row["median_seconds"]) == median(timed)
        assert float(row["mode_seconds"]) == mode(sorted(timed))
        assert int(row["sessions_of_0_seconds"]) == timed.count(0)
    assert int(rows[(ALL,)]["untimed_session_count"]) > 0


def test_lengths_are_empty_where_no_session_has_one(written: Written) -> None:
    for row in written.rows("session_length", "company_x"):
        assert row["timed_session_count"] == "0"
        assert row["untimed_session_count"] == row["session_count"]
        assert row["mean_seconds"] == row["median_seconds"] == row["mode_seconds"] == ""


def test_retention_is_the_share_that_comes_back(shop: Shop, written: Written) -> None:
    sizes: Counter[tuple] = Counter()
    cohorts: dict[tuple, set] = defaultdict(set)
    active: dict[tuple, set] = defaultdict(set)
    for user, first in shop.first_visits.items():
        cohort = first_of(first.start.date())
        for split in splits(cohort, shop.origin(user)):
            for later in range(months_between(cohort, MONTHS[-1]) + 1):
                sizes[*split, str(later)] += 1
                cohorts[*split, str(later)].add(cohort)
    first_visits = shop.first_visits
    for visit in shop.visits:
        if visit.user:
            first = first_visits[visit.user]
            cohort = first_of(first.start.date())
            later = months_between(cohort, visit.start.date())
            origin = {"channel": first.channel, "device": first.device}
            for split in splits(cohort, origin):
                active[*split, str(later)].add(visit.user)

    rows = by(
        written.rows("retention", "afisha"), "split_by", "split_value", "month_number"
    )

    assert rows.keys() == sizes.keys()
    for key, row in rows.items():
        assert int(row["cohort_users"]) == sizes[key]
        assert int(row["cohort_count"]) == len(cohorts[key])
        assert int(row["active_users"]) == len(active[key])
        rate = len(active[key]) / sizes[key]
        assert float(row["retention_rate"]) == pytest.approx(rate, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "size", "value"),
    [
        ("retention", "cohort_users", "retention_rate"),
        ("lifetime_value", "buyers", "ltv"),
    ],
)
def test_months_that_are_not_over_are_empty(
    name: str, size: str, value: str, written: Written
) -> None:
    """September 2023 ends before its last day in the sample of company_x_2023."""
    rows = by(
        written.rows(name, "company_x_2023"), "split_by", "split_value", "month_number"
    )

    running = rows["cohort", "2023-09-01", "0"]
    assert (running["cohort_count"], running[value]) == ("0", "")
    assert int(running[size]) > 0
    assert rows["cohort", "2023-08-01", "1"][value] == ""
    assert rows["cohort", "2023-08-01", "0"][value] != ""
    # all cohorts together are those that have reached the month
    assert rows[ALL, ALL, "0"][size] == rows["cohort", "2023-08-01", "0"][size]
    assert rows[ALL, ALL, "1"][size] == rows[ALL, ALL, "1"][value] == ""


# when and how much they buy


def test_first_purchases_are_so_many_days_later(shop: Shop, written: Written) -> None:
    lags: dict[tuple, list[int]] = defaultdict(list)
    first_visits = shop.first_visits
    for user, day in shop.first_days.items():
        first = first_visits.get(user)
        lag = (day - first.start.date()).days if first else -1
        for split in splits(first_of(day), shop.origin(user)):
            lags[split].append(max(lag, -1))

    rows = by(written.rows("first_purchase", "afisha"), "split_by", "split_value")
    days = by(
        written.rows("first_purchase_days", "afisha"),
        *("split_by", "split_value", "lag_days"),
    )

    assert rows.keys() == lags.keys()
    for key, row in rows.items():
        after = sorted(lag for lag in lags[key] if lag >= 0)
        assert int(row["buyers"]) == len(lags[key])
        assert int(row["buyers_after_session"]) == len(after)
        without = len(lags[key]) - len(after)
        assert int(row["buyers_before_or_without_session"]) == without
        assert int(row["conversion_0d_buyers"]) == after.count(0)
        assert int(row["conversion_1d_buyers"]) == after.count(1)
        if after:
            half = next(
                n for n in after if 2 * sum(m <= n for m in after) >= len(after)
            )
            assert int(row["half_bought_within_days"]) == half
            for name, limit in [
                ("conversion_0d", 0),
                ("within_7d", 7),
                ("within_30d", 30),
                ("within_90d", 90),
            ]:
                share = sum(lag <= limit for lag in after) / len(after)
                assert float(row[f"{name}_share"]) == pytest.approx(share, abs=1e-9)
        else:
            assert row["conversion_0d_share"] == row["half_bought_within_days"] == ""
        if key[0] != "cohort":
            for lag, count in Counter(lags[key]).items():
                day = days.pop((*key, str(lag)))
                assert int(day["buyers"]) == count
                share = sum(0 <= n <= lag for n in after) / max(len(after), 1)
                expected = share if lag >= 0 else None
                assert number(day["bought_by_then_share"]) == pytest.approx(expected)
    assert days == {}
    assert NO_SESSION in {value for _, value in rows}


def test_orders_and_buyers_of_each_period(shop: Shop, written: Written) -> None:
    starts = {
        ALL: lambda _: min(order.day for order in shop.bought),
        "day": lambda day: day,
        "week": lambda day: day - timedelta(day.weekday()),
        "month": first_of,
    }
    expected: dict[tuple[str, str], list[Order]] = defaultdict(list)
    for order in shop.bought:
        for period, start in starts.items():
            expected[period, str(start(order.day))].append(order)

    rows = by(written.rows("orders", "afisha"), "period", "period_start")

    assert rows.keys() == expected.keys()
    for key, orders in expected.items():
        row, known = rows[key], [order for order in orders if order.user]
        buyers = {order.user for order in known}
        assert int(row["order_count"]) == len(orders)
        assert int(row["orders_without_buyer"]) == len(orders) - len(known)
        assert int(row["buyer_count"]) == len(buyers)
        assert Decimal(row["revenue"]) == sum(order.amount for order in orders)
        per_buyer = len(known) / len(buyers) if buyers else None
        assert number(row["orders_per_buyer"]) == pytest.approx(per_buyer)
    assert sum(int(row["orders_without_buyer"]) for row in rows.values()) >= 4


def test_buyers_by_their_month_numberof_orders(shop: Shop, written: Written) -> None:
    counts = Counter(order.user for order in shop.bought if order.user)
    expected = Counter(str(n) if n < 5 else "5 or more" for n in counts.values())

    rows = by(written.rows("orders_per_buyer", "afisha"), "orders_of_buyer")

    assert int(rows.pop((ALL,))["buyer_count"]) == len(counts)
    assert {key: int(row["buyer_count"]) for (key,), row in rows.items()} == expected


def test_purchases_are_so_large(shop: Shop, written: Written) -> None:
    rows = by(written.rows("purchase_size", "afisha"), "order_month", "device")

    for month in (ALL, *map(str, MONTHS)):
        amounts = [
            order.amount
            for order in shop.bought
            if month in (ALL, str(first_of(order.day)))
        ]
        row = rows[month, ALL]
        assert int(row["order_count"]) == len(amounts)
        assert Decimal(row["revenue"]) == sum(amounts)
        mean = float(sum(amounts)) / len(amounts)
        assert float(row["average_purchase"]) == pytest.approx(mean)
        assert float(row["median_purchase"]) == pytest.approx(float(median(amounts)))
        assert Decimal(row["largest_purchase"]) == max(amounts)
        parts = [r for key, r in rows.items() if key[0] == month and key[1] != ALL]
        assert sum(Decimal(part["revenue"]) for part in parts) == sum(amounts)


def money_of(shop: Shop) -> Iterator[tuple[str, date, int, Decimal]]:
    """Give each buyer's money: who, cohort, months since then, amount."""
    first_days = shop.first_days
    for order in shop.orders:
        if order.user in first_days:
            cohort = first_of(first_days[order.user])
            later = max(months_between(cohort, order.day), 0)
            yield order.user, cohort, later, order.amount


def test_lifetime_value_is_what_buyers_brought(shop: Shop, written: Written) -> None:
    sizes: Counter[tuple] = Counter()
    money: dict[tuple, Decimal] = defaultdict(Decimal)
    for user, day in shop.first_days.items():
        cohort = first_of(day)
        for split in splits(cohort, shop.origin(user)):
            for later in range(months_between(cohort, MONTHS[-1]) + 1):
                sizes[*split, str(later)] += 1
    for user, cohort, later, amount in money_of(shop):
        for split in splits(cohort, shop.origin(user)):
            for month_number in range(later, months_between(cohort, MONTHS[-1]) + 1):
                money[*split, str(month_number)] += amount

    rows = by(
        written.rows("lifetime_value", "afisha"),
        *("split_by", "split_value", "month_number"),
    )

    assert rows.keys() == sizes.keys()
    for key, row in rows.items():
        assert int(row["buyers"]) == sizes[key]
        assert Decimal(row["cumulative_revenue"]) == money[key]
        assert float(row["ltv"]) == pytest.approx(float(money[key]) / sizes[key])


# what it costs and brings


def test_spend_by_month_and_channel(shop: Shop, written: Written) -> None:
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (day, channel), cost in shop.channel_costs.items():
        for month in (ALL, str(first_of(day))):
            for name in (ALL, channel):
                expected[month, name] += cost

    rows = by(written.rows("spend", "afisha"), "cost_month", "channel")

    costs = {key: Decimal(row["cost"]) for key, row in rows.items()}
    assert {key: cost for key, cost in costs.items() if cost} == {
        key: cost for key, cost in expected.items() if cost
    }
    assert costs[ALL, ALL] == sum(shop.costs.values())
    for (month, channel), row in rows.items():
        share = float(costs[month, channel] / costs[month, ALL])
        assert float(row["spend_share"]) == pytest.approx(share, abs=1e-9)
        if channel == NO_SESSION:
            assert row["cost_per_session"] == ""


@dataclass
class Cell:
    """What a cohort and source costs and brings."""

    cost: Decimal = Decimal(0)
    users: int = 0
    buyers: int = 0
    revenue: Decimal = Decimal(0)


def cells_of(shop: Shop) -> dict[tuple[str, str], Cell]:
    """Work out each cohort and channel, and all of them."""
    found: dict[tuple[str, str], Cell] = defaultdict(Cell)

    def each(cohort: date, channel: str) -> Iterator[Cell]:
        for name in (ALL, str(cohort)):
            yield found[name, ALL]
            yield found[name, channel]

    for (day, channel), cost in shop.channel_costs.items():
        for cell in each(first_of(day), channel):
            cell.cost += cost
    for visit in shop.first_visits.values():
        for cell in each(first_of(visit.start.date()), visit.channel):
            cell.users += 1
    for user, day in shop.first_days.items():
        for cell in each(first_of(day), shop.origin(user)["channel"]):
            cell.buyers += 1
    for user, cohort, _, amount in money_of(shop):
        for cell in each(cohort, shop.origin(user)["channel"]):
            cell.revenue += amount
    return dict(found)


def over(numerator: Decimal | int, denominator: Decimal | int) -> float | None:
    """Divide; None over 0."""
    return float(Fraction(numerator) / Fraction(denominator)) if denominator else None


def test_cac_romi_and_ltv_to_cac(shop: Shop, written: Written) -> None:
    expected = cells_of(shop)

    answered = {
        name: by(written.rows(name, "afisha"), "cohort", "channel")
        for name in ("acquisition_cost", "romi", "ltv_to_cac")
    }

    for rows in answered.values():
        assert rows.keys() >= {key for key, cell in expected.items() if cell.users}
        assert rows.keys() == answered["romi"].keys()
    for key in answered["romi"]:
        cell = expected.get(key, Cell())
        cost, romi, ltv = (rows[key] for rows in answered.values())
        assert Decimal(cost["cost"]) == Decimal(romi["cost"]) == cell.cost
        assert int(cost["new_users"]) == cell.users
        assert int(cost["new_buyers"]) == int(ltv["new_buyers"]) == cell.buyers
        assert Decimal(romi["cumulative_revenue"]) == cell.revenue
        # the margin of the sample is 1
        assert Decimal(romi["gross_profit"]) == cell.revenue
        assert Decimal(romi["profit_after_cost"]) == cell.revenue - cell.cost
        if key[1] == NO_SESSION:
            ratios = (cost["cac"], romi["romi"], ltv["ltv"], ltv["ltv_to_cac"])
            assert ratios == ("", "", "", "")
            continue
        cac = over(cell.cost, cell.buyers)
        assert number(cost["cac"]) == pytest.approx(cac, abs=1e-9)
        assert number(ltv["cac"]) == pytest.approx(cac, abs=1e-9)
        expected_romi = over(cell.revenue - cell.cost, cell.cost)
        assert number(romi["romi"]) == pytest.approx(expected_romi, abs=1e-9)
        ratio = over(cell.revenue, cell.cost) if cell.buyers else None
        assert number(ltv["ltv_to_cac"]) == pytest.approx(ratio, abs=1e-9)


def test_a_cohort_pays_back_when_it_has_brought_its_cost(
    shop: Shop, written: Written
) -> None:
    cells = cells_of(shop)
    money: dict[tuple, Decimal] = defaultdict(Decimal)
    for user, cohort, later, amount in money_of(shop):
        for channel in (ALL, shop.origin(user)["channel"]):
            money[str(cohort), channel, later] += amount

    rows = by(written.rows("payback", "afisha"), "cohort_month", "channel")

    seen = Counter(row["payback_status"] for row in rows.values())
    for (cohort, channel), row in rows.items():
        cell = cells.get((cohort, channel), Cell())
        if channel == NO_SESSION:
            assert row["payback_status"] == "no channel to judge"
            assert row["payback_month"] == row["paid_back_share"] == ""
            continue
        first = date.fromisoformat(cohort)
        so_far, month = Decimal(0), None
        for later in range(months_between(first, MONTHS[-1]) + 1):
            so_far += money[cohort, channel, later]
            if month is None and so_far >= cell.cost and cell.buyers:
                month = later
        assert number(row["payback_month"]) == month
        status = "not yet" if month is None else "paid back"
        assert row["payback_status"] == (status if cell.buyers else "no buyers")
        if month is not None:
            calendar = date.fromisoformat(row["paid_back_in"])
            assert months_between(first, calendar) == month
    assert {"paid back", "not yet", "no buyers"} <= seen.keys()
    assert any(int(row["payback_month"] or 0) > 0 for row in rows.values())


def test_a_month_that_is_not_over_has_no_verdict(written: Written) -> None:
    for name in ("acquisition_cost", "romi", "ltv_to_cac", "romi_by_device"):
        running = [
            row
            for row in written.rows(name, "company_x_2023")
            if row["cohort"] == "2023-09-01"
        ]
        assert running
        for row in running:
            for column in row.keys() & {"cac", "romi", "ltv", "ltv_to_cac"}:
                assert row[column] == ""
    status = {
        row["payback_status"]
        for row in written.rows("payback", "company_x_2023")
        if row["cohort_month"] == "2023-09-01"
    }
    assert status == {"month not over", "no channel to judge"}


def test_a_devices_cost_is_its_part_of_the_sessions(
    shop: Shop, written: Written
) -> None:
    came = Counter((v.start.date(), v.channel, v.device) for v in shop.visits)
    totals = Counter((v.start.date(), v.channel) for v in shop.visits)
    costs: dict[str, Fraction] = defaultdict(Fraction)
    for (day, channel), cost in shop.channel_costs.items():
        if channel == NO_SESSION:
            costs[NO_SESSION] += Fraction(cost)
            continue
        for device in ("desktop", "touch"):
            share = Fraction(came[day, channel, device], totals[day, channel])
            costs[device] += Fraction(cost) * share
    revenue: dict[str, Decimal] = defaultdict(Decimal)
    for user, _, _, amount in money_of(shop):
        origin = shop.origin(user)
        name = NO_SESSION if origin["channel"] == NO_SESSION else origin["device"]
        revenue[name] += amount

    rows = by(written.rows("romi_by_device", "afisha"), "cohort", "device")

    assert {device for cohort, device in rows if cohort == ALL} == {ALL, *costs}
    for device, cost in costs.items():
        row = rows[ALL, device]
        assert row["cost_shared_by"] == "sessions of the channel and day"
        # each day's cost is shared in millionths
        assert abs(Fraction(Decimal(row["cost"])) - cost) < Fraction(1, 1000)
        assert Decimal(row["cumulative_revenue"]) == revenue[device]
        if device == NO_SESSION:
            assert row["romi"] == ""
        else:
            romi = float((Fraction(revenue[device]) - cost) / cost)
            assert float(row["romi"]) == pytest.approx(romi, abs=1e-5)


@pytest.mark.parametrize("site", PROPERTIES)
def test_devices_and_channels_make_the_same_whole(site: str, written: Written) -> None:
    by_channel = by(written.rows("romi", site), "cohort", "channel")
    users = by(written.rows("acquisition_cost", site), "cohort", "channel")
    by_device = by(written.rows("romi_by_device", site), "cohort", "device")

    wholes = [cohort for cohort, name in by_channel if name == ALL]
    assert wholes == [cohort for cohort, name in by_device if name == ALL]
    for cohort in wholes:
        for column in ("cost", "new_buyers", "cumulative_revenue", "romi"):
            assert by_channel[cohort, ALL][column] == by_device[cohort, ALL][column], (
                cohort,
                column,
            )
        assert users[cohort, ALL]["new_users"] == by_device[cohort, ALL]["new_users"]


@pytest.mark.slow
def test_devices_bring_gross_what_channels_do(sample: Build, tmp_path: Path) -> None:
    shutil.copy(sample.database, tmp_path)
    gross = {"customer_revenue": "gross"}
    run = dbt(tmp_path, "run", "--select", "rpt_acquisition", variables=gross)
    assert run.faults == {}
    names = ("romi_by_device", "conclusion")
    compiled = dbt(tmp_path, "compile", "--select", *names, variables=gross)
    answers = {node.name: node.compiled_code for node in compiled.nodes}

    brought = run.rows(
        "select sum(cumulative_revenue) from marts.rpt_acquisition "
        "where property = 'afisha'"
    )
    # nothing is taken from it that was paid back
    assert brought == run.rows(
        "select sum(revenue) from marts.dim_users where property = 'afisha'"
    )
    assert brought == run.rows(
        f"select cumulative_revenue from ({answers['romi_by_device']}) "
        f"where property = 'afisha' and cohort = '{ALL}' and device = '{ALL}'"
    )
    assert brought == run.rows(
        f"select cumulative_revenue from ({answers['conclusion']}) "
        f"where property = 'afisha' and subject = 'device' and subject_name = '{ALL}'"
    )


@pytest.mark.slow
def test_amounts_of_a_small_currency_are_no_others(
    sample: Build, tmp_path: Path
) -> None:
    """A day's cost of millions and a month's revenue of billions, as in rupiah."""
    asked = {
        "conclusion": f"property, subject, cost from {{}} where subject_name = '{ALL}'",
        "payback": "property, cohort_month, channel, payback_month from {}",
        "romi_by_device": f"property, cohort, cost from {{}} where device = '{ALL}'",
    }
    compiled = dbt(tmp_path, "compile", "--select", *asked)
    shutil.copy(sample.database, tmp_path)
    answers = {node.name: f"({node.compiled_code})" for node in compiled.nodes}
    factor = Decimal(10) ** 8

    with duckdb.connect(str(compiled.database)) as conn:
        queries = [f"select {asked[name].format(answers[name])}" for name in asked]
        before = [sorted(conn.execute(query).fetchall(), key=str) for query in queries]
        for mart, columns in {
            "rpt_channel_costs": ["cost"],
            "rpt_acquisition": ["cost", "cumulative_revenue", "gross_profit"],
            "rpt_ltv": ["revenue", "net_revenue", "cumulative_revenue"],
        }.items():
            larger = ", ".join(
                f"{name} = cast({name} as decimal(38, 6)) * {factor}"
                for name in columns
            )
            conn.execute(f"update marts.{mart} set {larger}")
        after = [sorted(conn.execute(query).fetchall(), key=str) for query in queries]

    assert after == [
        [
            tuple(
                value * factor if isinstance(value, Decimal) else value for value in row
            )
            for row in rows
        ]
        for rows in before
    ]


@pytest.mark.parametrize("site", PROPERTIES)
@pytest.mark.parametrize(
    ("name", "keys", "part", "columns"),
    [
        ("spend", ["cost_month"], "channel", ["cost", "session_count"]),
        (
            "acquisition_cost",
            ["cohort"],
            "channel",
            ["cost", "new_users", "new_buyers"],
        ),
        ("romi", ["cohort"], "channel", ["cost", "cumulative_revenue", "gross_profit"]),
        ("romi_by_device", ["cohort"], "device", ["cost", "new_users", "new_buyers"]),
        ("purchase_size", ["order_month"], "device", ["order_count", "revenue"]),
        ("orders_per_buyer", [], "orders_of_buyer", ["buyer_count", "net_revenue"]),
        ("segments", [], "segment", ["user_count", "buyer_count", "net_revenue"]),
        ("session_length", [], "device", ["session_count", "timed_session_count"]),
        ("budget", [], "channel", ["weekly_spend", "recommended_weekly_spend"]),
        ("conclusion", ["subject"], "subject_name", ["cost", "new_buyers"]),
    ],
)
def test_parts_add_up_to_all(
    name: str,
    keys: list[str],
    part: str,
    columns: list[str],
    site: str,
    written: Written,
) -> None:
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for row in written.rows(name, site):
        groups[tuple(row[key] for key in keys)].append(row)

    for rows in groups.values():
        (whole,) = [row for row in rows if row[part] == ALL]
        for column in columns:
            parts = [Decimal(row[column] or 0) for row in rows if row[part] != ALL]
            assert sum(parts) == Decimal(whole[column] or 0), column


# what to do


def test_segments_hold_every_user(shop: Shop, written: Written) -> None:
    rows = by(written.rows("segments", "afisha"), "segment")

    users = shop.first_visits.keys() | shop.first_days.keys()
    assert int(rows[(ALL,)]["user_count"]) == len(users)
    assert int(rows[(ALL,)]["buyer_count"]) == len(shop.first_days)
    assert int(rows[("visitor",)]["user_count"]) == len(users) - len(shop.first_days)
    counts = Counter(order.user for order in shop.bought if order.user)
    last_day = {o.user: o.day for o in sorted(shop.bought, key=lambda o: o.day)}
    ages = {user: (date(2018, 5, 31) - last_day[user]).days for user in counts}
    lost = [user for user, age in ages.items() if age > 180]
    assert int(rows[("lost",)]["user_count"]) == len(lost)
    lapsing = [user for user, age in ages.items() if 90 < age <= 180]
    assert int(rows[("lapsing",)]["user_count"]) == len(lapsing)


def test_the_conclusion_follows_from_its_numbers(written: Written) -> None:
    romi = by(written.rows("romi", "afisha"), "cohort", "channel")
    device_romi = by(written.rows("romi_by_device", "afisha"), "cohort", "device")
    rows = by(written.rows("conclusion", "afisha"), "subject", "subject_name")

    for (subject, name), row in rows.items():
        answer = (romi if subject == "source" else device_romi)[ALL, name]
        assert row["romi"] == answer["romi"]
        assert Decimal(row["cost"]) == Decimal(answer["cost"])
        if name == ALL:
            verdict = "whole"
        elif name == NO_SESSION:
            verdict = "no session"
        elif Decimal(row["cost"]) == 0:
            verdict = "free"
        elif int(row["new_buyers"]) < 30:
            verdict = "too few buyers"
        elif float(row["romi"]) >= 0:
            verdict = "back"
        else:
            verdict = "keep" if row["romi"] >= row["paid_romi"] else "reduce"
        assert row["verdict"] == verdict
        if verdict in ("back", "reduce"):
            assert f"ROMI {float(row['romi']):.0%}".replace("%", " %") in row["reason"]
            assert f"costs {Decimal(row['cac']):.2f} " in row["reason"]
            assert f"brought {Decimal(row['ltv']):.2f} " in row["reason"]
        assert row["cannot_know"].startswith("Observational: ")
        assert "5 of 12 cohorts" in row["cannot_know"]
    assert rows["source", "source 3"]["verdict"] == "reduce"
    assert rows["source", "source 6"]["verdict"] == "free"
    backed = rows["source", ALL]["reason"].partition("Back: ")[2].partition(".")[0]
    assert backed.split(", ") == [
        name
        for (subject, name), row in rows.items()
        if subject == "source" and row["verdict"] == "back"
    ]


def test_what_was_paid_for_is_judged_without_what_was_free(written: Written) -> None:
    rows = by(written.rows("conclusion", "afisha"), "subject", "subject_name")

    paid = [
        row
        for (subject, name), row in rows.items()
        if subject == "source" and name.startswith("source") and Decimal(row["cost"])
    ]
    cost = sum(Decimal(row["cost"]) for row in paid)
    profit = sum(Decimal(row["gross_profit"]) for row in paid)
    assert {row["paid_romi"] for row in paid} == {rows["source", ALL]["paid_romi"]}
    assert float(paid[0]["paid_romi"]) == pytest.approx(float((profit - cost) / cost))


def test_the_budget_says_why(written: Written) -> None:
    for site in PROPERTIES:
        rows = written.rows("budget", site)
        assert all(row["reason"] for row in rows)
        assert len(rows) != 1


@pytest.mark.parametrize("site", PROPERTIES)
def test_every_property_gets_sound_answers(site: str, written: Written) -> None:
    """No property is left out, and nothing is divided by 0."""
    for path in sorted((PROJECT / "analyses" / "afisha").glob("*.sql")):
        rows = written.rows(path.stem, site)
        # three weeks of costs are no budget
        assert rows or (path.stem, site) == ("budget", "company_x_2023"), path.stem
        for row in rows:
            assert not {"nan", "inf", "-inf"} & set(row.values())


def test_the_worked_cohort_of_the_docs_is_right(shop: Shop) -> None:
    """docs/customers.md, from the raw rows."""
    july, source = date(2017, 7, 1), "source 1"
    cell = cells_of(shop)[str(july), source]
    users = {
        user
        for user, visit in shop.first_visits.items()
        if visit.channel == source and first_of(visit.start.date()) == july
    }
    came = [
        {v.user for v in shop.visits if first_of(v.start.date()) == month} & users
        for month in (date(2017, 8, 1), date(2017, 12, 1))
    ]
    buyers = [
        user
        for user, day in shop.first_days.items()
        if first_of(day) == july and shop.origin(user)["channel"] == source
    ]
    at_once = [
        user
        for user in buyers
        if shop.first_days[user] == shop.first_visits[user].start.date()
    ]
    so_far = [
        sum(
            amount
            for user, cohort, later, amount in money_of(shop)
            if user in buyers and later <= month
        )
        for month in range(11)
    ]
    payback = next(n for n, money in enumerate(so_far) if money >= cell.cost)
    expected = [
        cell.cost,
        len(users),
        *map(len, came),
        len(buyers),
        len(at_once),
        cell.cost / len(buyers),
        so_far[0],
        so_far[0] / len(buyers),
        so_far[3],
        so_far[3] / len(buyers),
        payback,
        so_far[10],
        (so_far[10] - cell.cost) / cell.cost,
        so_far[10] / cell.cost,
    ]

    lines = (PROJECT / "docs" / "customers.md").read_text().splitlines()
    cells = [[text.strip() for text in line.split("|")] for line in lines]
    written = [row[2] for row in cells if len(row) == 5][2:]

    assert written == [
        f"{value:.2f}" if isinstance(value, Decimal) else str(value)
        for value in expected
    ]
