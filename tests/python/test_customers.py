"""The customer marts against a second computation in pandas, cell by cell.

It starts from the facts (sessions, conversions, costs) and follows the words of the
definitions; what the marts' own SQL says is not looked at. Two shops: the sample, and
one invented here with what the sample may lack: refunds at any time, buyers without
visits, orders before the first visit, users of one id in several properties, running
months.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pandas as pd
import pytest

from support import Build

ALL = "(all)"
CUBE = ["channel", "device"]
Cells = dict[tuple[Any, ...], tuple[Any, ...]]

# in the order in which they read each other
MODELS = (
    "int_property_dates",
    "int_session_users",
    "int_cohort_activity",
    "dim_users",
    "rpt_retention",
    "rpt_ltv",
    "rpt_conversion_lag",
    "rpt_orders",
    "rpt_acquisition",
    "rpt_active_users",
)


@dataclass(frozen=True)
class Facts:
    """A shop as its facts tell it; money in whole cents, costs in millionths.

    Attributes:
        conn: the database, with the marts to compare.
        sessions: property, user_id, session_id, started_at, day, channel, device.
        conversions: property, user_id, conversion_id, at, day, device, is_counted,
            revenue, refunded, net. A refund that names none is a row not counted.
        movements: property, user_id, day, is_counted, revenue, refunded, net: each
            conversion on its day, and what was paid back on the day of that.
        costs: property, day, channel, cost.
        last_cost_days: the last day with a cost, of each property with costs.
        margins: the gross margin of each property.
    """

    conn: duckdb.DuckDBPyConnection
    sessions: pd.DataFrame
    conversions: pd.DataFrame
    movements: pd.DataFrame
    costs: pd.DataFrame
    last_cost_days: dict[str, date]
    margins: dict[str, Decimal]

    @property
    def counted(self) -> pd.DataFrame:
        """The conversions that count."""
        return self.conversions[self.conversions["is_counted"]]

    def last_days(self, frame: pd.DataFrame) -> dict[str, date]:
        """Return the last day of each property."""
        return frame.groupby("property")["day"].max().to_dict()

    def cells(self, sql: str, keys: int) -> Cells:
        """Ask the marts; the first columns are the keys."""
        rows = self.conn.execute(sql).fetchall()
        found = {row[:keys]: row[keys:] for row in rows}
        assert len(found) == len(rows)
        return found


# --- the two shops --------------------------------------------------------------------


def read_facts(conn: duckdb.DuckDBPyConnection) -> Facts:
    """Read the facts of a database."""
    sessions = frame(
        conn,
        "select property, user_id, session_id, started_at, session_date as day, "
        "channel, coalesce(device, '(unknown)') as device from marts.fct_sessions",
    )
    conversions = frame(
        conn,
        "select property, user_id, conversion_id, converted_at as at, "
        "conversion_date as day, coalesce(device, '(unknown)') as device, is_counted, "
        "cast(revenue * 100 as bigint) as revenue, "
        "cast(refunded_revenue * 100 as bigint) as refunded, "
        "cast(net_revenue * 100 as bigint) as net from marts.fct_conversions",
    )
    movements = frame(
        conn,
        "select property, user_id, conversion_date as day, is_counted, "
        "cast(revenue * 100 as bigint) as revenue, 0::bigint as refunded, "
        "cast(revenue * 100 as bigint) as net from marts.fct_conversions "
        "where not is_refund union all "
        "select property, user_id, refund_date, false, 0, "
        "cast(refunded_revenue * 100 as bigint), "
        "cast(-refunded_revenue * 100 as bigint) from marts.fct_refunds",
    )
    costs = frame(
        conn,
        "select property, report_date as day, channel, "
        "cast(cost * 1000000 as bigint) as cost from marts.rpt_channel_costs",
    )
    last_cost_days = conn.execute(
        "select property, max(day) from ("
        "select property, cost_date as day from intermediate.int_ad_costs union all "
        "select property, session_date from marts.fct_sessions "
        "where session_cost is not null) group by property"
    ).fetchall()
    margins = conn.execute(
        "select property, cast(gross_margin as varchar) "
        "from intermediate.int_properties"
    ).fetchall()
    return Facts(
        conn,
        sessions,
        conversions,
        movements,
        costs,
        dict(last_cost_days),
        {name: Decimal(margin) for name, margin in margins},
    )


def frame(conn: duckdb.DuckDBPyConnection, sql: str) -> pd.DataFrame:
    """Ask for a frame whose values are Python's own, with None for null."""
    cursor = conn.execute(sql)
    columns = [column[0] for column in cursor.description]
    return pd.DataFrame(cursor.fetchall(), columns=columns, dtype=object)


@pytest.fixture(scope="module")
def invented(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Invent a shop and run the models' own compiled SQL over it."""
    # compiled SQL names the database after its file
    path = tmp_path_factory.mktemp("invented") / "tributary.duckdb"
    compiled = {
        node.name: (node.schema, node.compiled_code)
        for node in sample.nodes
        if node.resource_type == "model"
    }
    with duckdb.connect(str(path)) as conn:
        invent(conn, Random(4))
        for model in MODELS:
            schema, sql = compiled[model]
            conn.execute(f"create table {schema}.{model} as {sql}")
    return path


def invent(conn: duckdb.DuckDBPyConnection, random: Random) -> None:
    """Write the facts of a shop of three properties."""
    conn.execute("create schema intermediate")
    conn.execute("create schema marts")
    sessions: list[tuple] = []
    conversions: list[tuple] = []
    costs: list[tuple] = []
    ends = {
        # the last day of sessions, conversions and costs
        "whole": (date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 29)),
        "running": (date(2024, 3, 31), date(2024, 4, 30), date(2024, 3, 17)),
        "costless": (date(2024, 3, 30), date(2024, 3, 30), None),
    }
    for name, (last_visit, last_order, last_cost) in ends.items():
        sessions += invent_sessions(random, name, last_visit)
        conversions += invent_conversions(random, name, last_order)
        if last_cost:
            costs += invent_costs(random, name, last_cost)
    conn.execute(
        "create table intermediate.int_properties as from (values "
        "('whole', 0.5::decimal(18, 6), true), ('running', 0.333333, true), "
        "('costless', 1, false)) as p (property, gross_margin, has_ad_costs)"
    )
    conn.execute(
        "create table sessions (property text, session_id text, user_id text, "
        "started_at timestamp, channel text, device text)"
    )
    conn.executemany("insert into sessions values (?, ?, ?, ?, ?, ?)", sessions)
    conn.execute(
        "create table intermediate.int_sessions as select *, "
        "started_at::date as session_date, null::decimal(18, 6) as session_cost, "
        "case when user_id is not null then row_number() over ("
        "partition by property, user_id order by started_at, session_id) end "
        "as session_number from sessions"
    )
    conn.execute("create table marts.fct_sessions as from intermediate.int_sessions")
    conn.execute(
        "create table conversions (property text, conversion_id text, user_id text, "
        "converted_at timestamp, device text, is_counted boolean, "
        "revenue decimal(18, 2), refunded_revenue decimal(18, 2))"
    )
    rows = "insert into conversions values (?, ?, ?, ?, ?, ?, ?, ?)"
    conn.executemany(rows, conversions)
    # half of what is paid back of a conversion comes a month later, half two months
    conn.execute(
        "create table intermediate.int_refunds as "
        "select property, user_id, conversion_id || ':' || months as refund_id, "
        "case when is_counted then converted_at::date + 31 * months "
        "else converted_at::date end as refund_date, "
        "(case when is_counted then refunded_revenue / 2 else refunded_revenue end)"
        "::decimal(18, 2) as refunded_revenue "
        "from conversions, (values (1), (2)) as parts (months) "
        "where refunded_revenue > 0 and (is_counted or months = 1)"
    )
    conn.execute("create table marts.fct_refunds as from intermediate.int_refunds")
    conn.execute(
        "create table marts.fct_conversions as select *, "
        "converted_at::date as conversion_date, "
        "not is_counted and refunded_revenue > 0 as is_refund, "
        "(revenue - refunded_revenue)::decimal(18, 2) as net_revenue, "
        "case when is_counted and user_id is not null then row_number() over ("
        "partition by property, user_id, is_counted "
        "order by converted_at, conversion_id) end as conversion_number "
        "from conversions"
    )
    conn.execute(
        "create table intermediate.int_conversions as from marts.fct_conversions"
    )
    conn.execute(
        "create table marts.rpt_channel_costs (property text, report_date date, "
        "channel text, cost decimal(18, 6))"
    )
    conn.executemany("insert into marts.rpt_channel_costs values (?, ?, ?, ?)", costs)
    conn.execute(
        "create table intermediate.int_ad_costs as "
        "select property, report_date as cost_date from marts.rpt_channel_costs"
    )


def moments(random: Random, last: date, count: int) -> Iterator[datetime]:
    """Draw moments from September 2023 on; the last day has one for sure."""
    first = datetime(2023, 9, 1)
    days = (last - first.date()).days
    yield datetime(last.year, last.month, last.day, 23, 59, 59)
    for _ in range(count - 1):
        # fewer early, and none in November: a month that is over and silent
        moment = first + timedelta(
            days=int(days * random.random() ** 0.7), minutes=random.randrange(1440)
        )
        if moment.month != 11:
            yield moment


def someone(random: Random) -> str | None:
    """Draw a user, or nobody."""
    return None if random.random() < 0.05 else f"user {random.randrange(150)}"


def invent_sessions(random: Random, name: str, last: date) -> list[tuple]:
    """Draw sessions; users above 100 never come."""
    rows = []
    for number, moment in enumerate(moments(random, last, 400)):
        user = someone(random)
        if user is None or int(user.split()[1]) < 100:
            channel = random.choice(["Mail", "Ads", "Search"])
            device = random.choice(["phone", "desktop", None])
            rows.append((name, f"s{number}", user, moment, channel, device))
    # on the last day somebody came for certain
    rows.append((name, "last", "user 1", datetime(*last.timetuple()[:3]), "Ads", None))
    return rows


def invent_conversions(random: Random, name: str, last: date) -> list[tuple]:
    """Draw orders, uncounted ones and refunds; the last month has refunds alone."""
    rows = []
    for number, moment in enumerate(moments(random, last, 250)):
        kind = 0.5 if number == 0 else random.random()
        cents = Decimal(random.choice([0, random.randrange(1, 20_000)])) / 100
        row = (
            name,
            f"c{number}",
            someone(random),
            moment,
            random.choice(["phone", None]),
        )
        if kind < 0.15:
            rows.append((*row, False, 0, cents))
        elif kind < 0.2:
            rows.append((*row, False, 0, 0))
        elif kind < 0.3:
            rows.append((*row, True, cents + 10, cents // 2 * 2))
        else:
            rows.append((*row, True, cents, 0))
    later = datetime(last.year, last.month, 28) + timedelta(days=40)
    rows.append((name, "late", "user 7", later, None, False, 0, Decimal("9.99")))
    return rows


def invent_costs(random: Random, name: str, last: date) -> list[tuple]:
    """Draw costs, also of a channel that brings nobody and of no session."""
    channels = ["Mail", "Ads", "Posters", "(no session)"]
    return [
        (
            name,
            moment.date(),
            random.choice(channels),
            Decimal(random.randrange(10**8)) / 10**6,
        )
        for moment in moments(random, last, 60)
    ]


@pytest.fixture(scope="module", params=["sample", "invented"])
def facts(request: pytest.FixtureRequest) -> Iterator[Facts]:
    """Read the facts of each shop."""
    found = request.getfixturevalue(request.param)
    path = found if isinstance(found, Path) else found.database
    with duckdb.connect(str(path), read_only=True) as conn:
        yield read_facts(conn)


# --- the definitions, in pandas -------------------------------------------------------


def month(day: date) -> int:
    """Count the calendar months since the year 0."""
    return 12 * day.year + day.month - 1


def first_of(number: int) -> date:
    """Return the first day of a numbered month."""
    return date(number // 12, number % 12 + 1, 1)


def is_over(number: int, until: date | None) -> bool:
    """Tell whether the data reach the last day of a month."""
    if until is None:
        return False
    first = first_of(number)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return last <= until


def first_sessions(facts: Facts) -> pd.DataFrame:
    """Return each user's first session ever."""
    known = facts.sessions[facts.sessions["user_id"].notna()]
    ordered = known.sort_values(["started_at", "session_id"])
    return ordered.drop_duplicates(["property", "user_id"])


def buyers(facts: Facts) -> pd.DataFrame:
    """Return each buyer: day of the first conversion, first session, cohort."""
    known = facts.counted[facts.counted["user_id"].notna()]
    ordered = known.sort_values(["at", "conversion_id"])
    first = ordered.drop_duplicates(["property", "user_id"])
    first = first[["property", "user_id", "day"]]
    seen = first_sessions(facts)[["property", "user_id", "day", "channel", "device"]]
    found = first.merge(
        seen, on=["property", "user_id"], how="left", suffixes=("", "_seen")
    )
    found["channel"] = found["channel"].fillna("(no session)")
    found["device"] = found["device"].fillna("(unknown)")
    found["cohort"] = found["day"].map(month)
    return found


def cubed(found: pd.DataFrame) -> pd.DataFrame:
    """Repeat rows for all channels, all devices, and all of both."""
    return pd.concat(
        [
            found,
            found.assign(channel=ALL),
            found.assign(device=ALL),
            found.assign(channel=ALL, device=ALL),
        ]
    )


def quotient(numerator: int | Decimal, denominator: int | Decimal) -> float | None:
    """Divide exactly, to 9 places; None over 0."""
    if not denominator:
        return None
    return float(round(Decimal(numerator) / Decimal(denominator), 9))


def is_close(actual: object, expected: object) -> bool:
    """Tell whether two values agree; a double may differ in its last, 9th place."""
    if isinstance(actual, float) and isinstance(expected, float):
        return abs(actual - expected) < 1.1e-9
    return actual == expected


def same(actual: Cells, expected: Cells) -> None:
    """Compare all cells; a cell too many or too few is a difference."""
    assert expected
    assert set(actual) == set(expected)
    different = {
        key: (actual[key], values)
        for key, values in expected.items()
        if not all(map(is_close, actual[key], values))
    }
    assert different == {}


def retention(facts: Facts) -> Cells:
    """(property, cohort, number, channel, device) -> size, active users."""
    ends = facts.last_days(facts.sessions)
    first = first_sessions(facts)[["property", "user_id", "day", *CUBE]]
    first = cubed(first.assign(cohort=first["day"].map(month)).drop(columns="day"))
    visits = facts.sessions[["property", "user_id"]].assign(
        visited=facts.sessions["day"].map(month)
    )
    came = first.merge(visits.dropna(), on=["property", "user_id"])
    active = came.groupby(["property", "cohort", "visited", *CUBE])["user_id"].nunique()
    sizes = first.groupby(["property", "cohort", *CUBE])["user_id"].nunique()
    found: Cells = {}
    for (name, cohort, channel, device), size in sizes.items():
        for later in range(cohort, month(ends[name]) + 1):
            count = active.get((name, cohort, later, channel, device), 0)
            found[name, first_of(cohort), later - cohort, channel, device] = (
                size,
                count if is_over(later, ends[name]) else None,
            )
    return found


def ltv(facts: Facts) -> Cells:
    """(property, cohort, number, channel, device) -> rpt_ltv's numbers, in cents."""
    ends = facts.last_days(facts.counted)
    last_rows = facts.last_days(facts.movements)
    who = cubed(buyers(facts)[["property", "user_id", "cohort", *CUBE]])
    sizes = who.groupby(["property", "cohort", *CUBE])["user_id"].nunique()
    rows = who.merge(
        facts.movements[facts.movements["user_id"].notna()],
        on=["property", "user_id"],
    )
    # what was paid back before the cohort's month stands in that month
    booked = rows["day"].map(month)
    rows["booked"] = booked.where(booked > rows["cohort"], rows["cohort"])
    rows["count"] = rows["is_counted"].astype(int)
    grouped = rows.groupby(["property", "cohort", "booked", *CUBE])
    sums = grouped[["count", "revenue", "refunded", "net"]].sum().to_dict("index")
    nothing = {"count": 0, "revenue": 0, "refunded": 0, "net": 0}
    found: Cells = {}
    for (name, cohort, channel, device), size in sizes.items():
        total = 0
        for later in range(cohort, month(last_rows[name]) + 1):
            part = sums.get((name, cohort, later, channel, device), nothing)
            total += part["net"]
            over = is_over(later, ends[name])
            found[name, first_of(cohort), later - cohort, channel, device] = (
                size,
                *part.values(),
                total if over else None,
                quotient(Decimal(total) / 100, size) if over else None,
            )
    return found


def lags(facts: Facts) -> Cells:
    """(property, cohort, channel, device, days) -> buyers."""
    who = buyers(facts)
    who["lag"] = [
        (day - seen).days if isinstance(seen, date) and day >= seen else -1
        for day, seen in zip(who["day"], who["day_seen"], strict=True)
    ]
    counts = cubed(who).groupby(["property", "cohort", *CUBE, "lag"]).size()
    return {
        (name, first_of(cohort), channel, device, lag): (count,)
        for (name, cohort, channel, device, lag), count in counts.items()
    }


def orders(facts: Facts) -> Cells:
    """(property, period, first day, device) -> orders, buyers, cents, mean."""
    starts: dict[str, Callable[[date], date]] = {
        "day": lambda day: day,
        "week": lambda day: day - timedelta(days=day.weekday()),
        "month": lambda day: day.replace(day=1),
    }
    rows = pd.concat([facts.counted, facts.counted.assign(device=ALL)])
    found: Cells = {}
    for period, start in starts.items():
        grouped = rows.assign(start=rows["day"].map(start)).groupby(
            ["property", "start", "device"]
        )
        for (name, begin, device), group in grouped:
            cents = int(group["revenue"].sum())
            found[name, period, begin, device] = (
                len(group),
                group["user_id"].nunique(),
                cents,
                quotient(Decimal(cents) / 100, len(group)),
            )
    return found


def acquisition(facts: Facts) -> Cells:
    """(property, month, channel) -> rpt_acquisition's numbers; costs in millionths."""
    ends = facts.last_days(facts.counted)
    new = first_sessions(facts)
    new_users = new.groupby(["property", new["day"].map(month), "channel"]).size()
    who = buyers(facts)
    new_buyers = who.groupby(["property", "cohort", "channel"]).size()
    costs = facts.costs.groupby(["property", facts.costs["day"].map(month), "channel"])[
        "cost"
    ].sum()
    money = who[["property", "user_id", "cohort", "channel"]].merge(
        facts.movements[["property", "user_id", "day", "net"]].dropna(),
        on=["property", "user_id"],
    )
    found: Cells = {}
    for key in set(new_users.index) | set(new_buyers.index) | set(costs.index):
        name, cohort, channel = key
        count = int(new_buyers.get(key, 0))
        until, cost = ends.get(name), None
        if name in facts.last_cost_days:
            until = min(until, facts.last_cost_days[name])
            cost = int(costs.get(key, 0))
        mine = money[
            (money["property"] == name)
            & (money["cohort"] == cohort)
            & (money["channel"] == channel)
        ]
        values = worth(mine, cohort, until, cost, count, facts.margins[name])
        if channel == "(no session)":
            values = (*values[:2], None, None, None, None)
        size = int(new_users.get(key, 0))
        found[name, first_of(cohort), channel] = (cost, size, count, *values)
    return found


def worth(
    money: pd.DataFrame,
    cohort: int,
    until: date,
    cost: int | None,
    count: int,
    margin: Decimal,
) -> tuple:
    """Return cumulative cents, profit cents, CAC, ROMI, LTV:CAC and payback month."""
    if not is_over(cohort, until):
        return (None,) * 6
    payback, cents, profit, later = None, 0, 0, cohort
    while is_over(later, until):
        booked = money["day"].map(lambda day: max(month(day), cohort))
        cents = int(money[booked <= later]["net"].sum())
        profit = int((cents * margin).quantize(Decimal(1), ROUND_HALF_UP))
        pays = cost is not None and count and profit * 10_000 >= cost
        if payback is None and pays:
            payback = later - cohort
        later += 1
    if cost is None:
        return cents, profit, None, None, None, None
    spent = Decimal(cost) / 10_000
    return (
        cents,
        profit,
        quotient(spent / 100, count),
        quotient(profit - spent, spent),
        quotient(cents, spent) if count else None,
        payback,
    )


# --- cell by cell ---------------------------------------------------------------------


def test_retention(facts: Facts) -> None:
    actual = facts.cells(
        "select property, cohort_month, month_number, channel, device, "
        "cohort_users, active_users from marts.rpt_retention",
        5,
    )
    same(actual, retention(facts))


def test_ltv(facts: Facts) -> None:
    actual = facts.cells(
        "select property, cohort_month, month_number, channel, device, buyers, "
        "conversion_count, cast(revenue * 100 as bigint), "
        "cast(refunded_revenue * 100 as bigint), cast(net_revenue * 100 as bigint), "
        "cast(cumulative_revenue * 100 as bigint), ltv from marts.rpt_ltv",
        5,
    )
    same(actual, ltv(facts))


def test_conversion_lag(facts: Facts) -> None:
    actual = facts.cells(
        "select property, cohort_month, channel, device, lag_days, buyers "
        "from marts.rpt_conversion_lag",
        5,
    )
    same(actual, lags(facts))


def test_orders(facts: Facts) -> None:
    actual = facts.cells(
        "select property, period, period_start, device, order_count, buyer_count, "
        "cast(revenue * 100 as bigint), average_order_value from marts.rpt_orders",
        4,
    )
    same(actual, orders(facts))


def test_acquisition(facts: Facts) -> None:
    actual = facts.cells(
        "select property, cohort_month, channel, cast(cost * 1000000 as bigint), "
        "new_users, new_buyers, cast(cumulative_revenue * 100 as bigint), "
        "cast(gross_profit * 100 as bigint), cac, romi, ltv_to_cac, payback_month "
        "from marts.rpt_acquisition",
        3,
    )
    same(actual, acquisition(facts))


def test_users(facts: Facts) -> None:
    actual = facts.cells(
        "select property, user_id, first_session_date, first_conversion_date, "
        "acquisition_channel, acquisition_device, conversion_count, "
        "cast(revenue * 100 as bigint), cast(net_revenue * 100 as bigint), "
        "recency_days from marts.dim_users",
        2,
    )
    rows = facts.conversions[facts.conversions["user_id"].notna()]
    money = dict(list(rows.groupby(["property", "user_id"])))
    bought = buyers(facts).set_index(["property", "user_id"]).to_dict("index")
    came = first_sessions(facts).set_index(["property", "user_id"]).to_dict("index")
    ends = facts.last_days(pd.concat([facts.sessions, facts.counted]))
    expected: Cells = {}
    for key in came.keys() | bought.keys():
        mine = money.get(key, rows[:0])
        counted = mine[mine["is_counted"]]
        seen = came.get(key, {"channel": "(no session)", "device": "(unknown)"})
        last = (ends[key[0]] - counted["day"].max()).days if len(counted) else None
        expected[key] = (
            seen.get("day"),
            bought[key]["day"] if key in bought else None,
            seen["channel"],
            seen["device"],
            len(counted),
            int(mine["revenue"].sum()),
            int(mine["net"].sum()),
            last,
        )
    assert actual == expected


def test_stickiness(facts: Facts) -> None:
    actual = facts.cells(
        "select property, period, period_start, active_users, "
        "daily_active_users_mean, stickiness from marts.rpt_active_users "
        "where device = '(all)' and period != 'day'",
        3,
    )
    expected: Cells = {}
    for name, rows in facts.sessions.groupby("property"):
        days = rows.groupby("day")["user_id"].nunique()
        every_day = [
            days.index.min() + timedelta(days=offset)
            for offset in range((days.index.max() - days.index.min()).days + 1)
        ]
        for period in ("week", "month"):
            starts: dict[date, list[date]] = {}
            for day in every_day:
                monday = day - timedelta(days=day.weekday())
                start = monday if period == "week" else day.replace(day=1)
                starts.setdefault(start, []).append(day)
            for start, inside in starts.items():
                users = rows[rows["day"].isin(inside)]
                if len(users):
                    count = users["user_id"].nunique()
                    total = int(sum(days.get(day, 0) for day in inside))
                    expected[name, period, start] = (
                        count,
                        quotient(total, len(inside)),
                        quotient(total, len(inside) * count),
                    )
    same(actual, expected)
