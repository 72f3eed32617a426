"""The customer marts against package `reference`, on the facts of two more shops.

The facts (sessions, conversions, refunds, costs) are those of the marts: of the sample,
and of a shop invented here with what the sample may lack: refunds at any time, buyers
without visits, orders before the first visit, users of one id in several properties,
running months. What the marts' own SQL says of them is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import pytest

from reference import customers, sessions
from reference.facts import Cells, Conversion, Refund, Session
from support import Build, differences

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
class Marts:
    """A database with facts and the marts made of them, and the facts it holds."""

    conn: duckdb.DuckDBPyConnection
    facts: dict[str, customers.Facts]

    def check(
        self, sql: str, key_count: int, expected: Callable[[customers.Facts], Cells]
    ) -> None:
        """Compare a mart, asked for property, keys and values, with the reference."""
        cells = {name: expected(facts) for name, facts in self.facts.items()}
        assert differences(self.conn.execute(sql).fetchall(), key_count, cells) == {}


# --- the two shops --------------------------------------------------------------------


def read_facts(conn: duckdb.DuckDBPyConnection) -> dict[str, customers.Facts]:
    """Read the facts of each property."""

    def ask(sql: str) -> list[tuple]:
        return conn.execute(sql.format(where="property = ?"), [name]).fetchall()

    found = {}
    margins = conn.execute(
        "select property, gross_margin from intermediate.int_properties"
    ).fetchall()
    for name, margin in margins:
        visits = ask(
            "select session_id, user_id, started_at, session_date, channel, device "
            "from marts.fct_sessions where {where}"
        )
        orders = ask(
            "select conversion_id, user_id, converted_at, conversion_date, revenue, "
            "is_counted, device from marts.fct_conversions "
            "where {where} and not is_refund"
        )
        refunds = ask(
            "select user_id, refund_date, refunded_revenue "
            "from marts.fct_refunds where {where}"
        )
        costs = ask(
            "select report_date, channel, sum(cost) from marts.rpt_channel_costs "
            "where {where} group by all"
        )
        [(last_cost_day,)] = conn.execute(
            "select max(day) from ("
            "select property, cost_date as day from intermediate.int_ad_costs "
            "union all "
            "select property, session_date from marts.fct_sessions "
            "where session_cost is not null) where property = ?",
            [name],
        ).fetchall()
        found[name] = customers.Facts(
            [Session(*row[:5], device=row[5]) for row in visits],
            [Conversion(*row[:6], device=row[6]) for row in orders],
            [Refund(None, *row) for row in refunds],
            {(day, channel): cost for day, channel, cost in costs},
            last_cost_day,
            margin,
        )
    return found


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
        "case when user_id is not null then row_number() over history end "
        "as session_number, "
        "case when user_id is not null then lag(started_at::date) over history end "
        "as previous_session_date from sessions window history as "
        "(partition by property, user_id order by started_at, session_id)"
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
def marts(request: pytest.FixtureRequest) -> Iterator[Marts]:
    """Read the facts of each shop."""
    found = request.getfixturevalue(request.param)
    path = found if isinstance(found, Path) else found.database
    with duckdb.connect(str(path), read_only=True) as conn:
        yield Marts(conn, read_facts(conn))


# --- cell by cell ---------------------------------------------------------------------


def test_retention(marts: Marts) -> None:
    marts.check(
        "select property, cohort_month, month_number, channel, device, "
        "cohort_users, active_users, retention_rate from marts.rpt_retention",
        4,
        customers.retention,
    )


def test_ltv(marts: Marts) -> None:
    marts.check(
        "select property, cohort_month, month_number, channel, device, buyers, "
        "conversion_count, revenue, refunded_revenue, net_revenue, "
        "cumulative_revenue, ltv from marts.rpt_ltv",
        4,
        customers.ltv,
    )


def test_conversion_lag(marts: Marts) -> None:
    marts.check(
        "select property, cohort_month, channel, device, lag_days, buyers "
        "from marts.rpt_conversion_lag",
        4,
        customers.lags,
    )


def test_orders(marts: Marts) -> None:
    marts.check(
        "select property, period, period_start, device, order_count, buyer_count, "
        "revenue, average_order_value from marts.rpt_orders",
        3,
        customers.orders,
    )


def test_acquisition(marts: Marts) -> None:
    marts.check(
        "select property, cohort_month, channel, cost, new_users, new_buyers, "
        "observed_months, cumulative_revenue, gross_profit, cac, romi, ltv_to_cac, "
        "payback_month from marts.rpt_acquisition",
        2,
        customers.acquisition,
    )


def test_users(marts: Marts) -> None:
    marts.check(
        "select property, user_id, first_session_at, last_session_at, "
        "first_session_date, first_conversion_at, last_conversion_at, "
        "first_conversion_date, acquisition_channel, acquisition_device, "
        "session_count, conversion_count, revenue, refunded_revenue, net_revenue, "
        "hours_to_first_conversion, recency_days, segment from marts.dim_users",
        1,
        customers.users,
    )


def test_active_users(marts: Marts) -> None:
    marts.check(
        "select property, period, period_start, device, active_users, session_count, "
        "daily_active_users_mean, stickiness from marts.rpt_active_users",
        3,
        lambda facts: sessions.active_users(facts.sessions),
    )
