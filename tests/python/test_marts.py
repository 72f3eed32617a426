"""The published file as report, dashboard and API read it: filters, cells, changes."""

from __future__ import annotations

import csv
import io
import random
import re
import shutil
from datetime import UTC, date, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from altair import vegalite

from serving.charts import shapes
from serving.charts.sankey import Link, kept_channels, layout
from serving.charts.shapes import Chart
from serving.charts.theme import config, finished
from serving.filters import Filters, filtered, known
from serving.formats import THIN, column, shown
from serving.marts import Answer, Marts, MartsError
from serving.pictures import safe_name, svg
from serving.questions import QUESTIONS, answer
from serving.questions.advice import advice, of_returns
from serving.questions.budget import moves
from serving.questions.channels import spread
from serving.questions.common import WORDS
from serving.questions.numbers import figures
from serving.questions.sessions import active
from serving.tables import csv_text, html_table
from support import copied

PROPERTIES = [
    "afisha",
    "company_x",
    "company_x_2023",
    "corner_shop",
    "vestiaire",
    "vivid_seats",
]
CHOICES = ("channel", "market", "device")
DRAWN = 200


@pytest.fixture(scope="module")
def marts(published: Path) -> Marts:
    """Open the published sample."""
    return Marts(published)


@pytest.fixture(scope="module")
def facts(published: Path) -> duckdb.DuckDBPyConnection:
    """Open the published sample without any of the project's code."""
    with duckdb.connect() as conn:
        conn.execute(f"attach '{published}' as sample (read_only)")
        conn.execute("use sample")
        yield conn


def values(marts: Marts, filters: Filters) -> dict[str, str]:
    """Give the figures on top of a page by their label."""
    return {one.label: one.value for one in figures(marts, filters, "EUR")}


def test_properties_and_defaults_are_those_of_the_publication(marts: Marts) -> None:
    found = {about.name: about for about in marts.properties()}

    assert list(found) == PROPERTIES
    shop = found["company_x"]
    assert (shop.currency, shop.source) == ("EUR", "generated sample")
    assert (shop.first, shop.last) == (date(2021, 7, 1), date(2021, 7, 31))
    assert found["vestiaire"].first is None
    assert marts.publication().models[0] == "last_non_direct"
    assert marts.publication().published_at is not None


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_question_is_answered_or_says_why_not(marts: Marts, name: str) -> None:
    for question in QUESTIONS.values():
        found = answer(question, marts, Filters(name, span=60), "EUR")
        assert len(found.sentence) > 10, question.key
        assert "None" not in found.sentence, question.key
        if found.rows and question.draw:
            assert question.title in found.spec["description"]
            # a drawing that the schema of Vega-Lite refuses is an error here
            assert question.draw(found.rows).to_dict()["$schema"]
        else:
            assert found.spec is None


@pytest.mark.parametrize("name", ["company_x", "vivid_seats"])
def test_every_question_takes_every_filter(marts: Marts, name: str) -> None:
    filters = Filters(
        name,
        date(2021, 7, 5),
        date(2022, 6, 30),
        ("Direct Traffic", "nowhere"),
        ("GB",),
        ("mobile",),
        "linear",
        "conversion",
    )
    for question in QUESTIONS.values():
        found = answer(question, marts, filters, None)
        assert found.sentence
        followed = {name for name, word in WORDS.items() if word not in found.note}
        assert followed == known(question.queries[0]) & filters.active, question.key


@pytest.mark.parametrize(
    ("key", "filters"),
    [
        (
            "revenue_by_market",
            Filters("company_x", channel=("Social Organic",), market=("SE",)),
        ),
        (
            "revenue_by_channel",
            Filters("corner_shop", channel=("Newsletter & Email",), model="last_touch"),
        ),
    ],
)
def test_nobody_leads_where_nothing_is_earned(
    marts: Marts, key: str, filters: Filters
) -> None:
    found = answer(QUESTIONS[key], marts, filters, "EUR")

    assert re.fullmatch(r"Revenue( credited)? is 0 for each of them\.", found.sentence)


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0.25, 0.5, None), f"b: from 25.0{THIN}% to 50.0{THIN}%"),
        ((None, None, None), "No model credits any revenue here."),
    ],
)
def test_a_model_that_credits_nothing_has_no_share(
    shares: tuple[float | None, ...], said: str
) -> None:
    rows = tuple(
        (channel, f"model {n}", share)
        for channel, part in (("a", shares[::2]), ("b", shares))
        for n, share in enumerate(part)
    )

    sentence = spread(Answer(("channel", "model", "revenue_share"), rows), "EUR")

    assert said in sentence


def test_it_is_told_apart_whether_nothing_is_there_or_nothing_is_left(
    marts: Marts,
) -> None:
    day = date(1990, 1, 1)
    filters = Filters("company_x", day, day, channel=("nowhere",))

    sessions = answer(QUESTIONS["sessions_by_channel"], marts, filters, None)
    bills = answer(QUESTIONS["campaign_cpc"], marts, filters, None)
    brands = answer(QUESTIONS["brands"], marts, filters, None)

    days = "from 1990-01-01 to 1990-01-01."
    assert sessions.sentence == f"Nothing for the chosen channels {days}"
    # no bill names a channel
    assert bills.sentence == f"Nothing {days}"
    assert brands.sentence == QUESTIONS["brands"].missing


def test_no_choice_of_filters_stops_a_question(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    """Narrow choices above all: it is there that sums are 0 and shares unknown."""
    draw = random.Random(4)
    properties = marts.properties()
    values = {
        (about.name, name): facts.execute(
            f"select distinct {name} from marts.fct_sessions "
            "where property = ? order by 1",
            [about.name],
        ).fetchall()
        for about in properties
        for name in CHOICES
    }
    for _ in range(DRAWN):
        about = draw.choice(properties)
        choice = {}
        for name in CHOICES:
            found = values[about.name, name]
            count = min(len(found), draw.choice([0, 0, 1, 1, 2]))
            choice[name] = tuple(value for (value,) in draw.sample(found, count))
        first = last = None
        if about.first and about.last and draw.random() < 0.7:
            first = about.first + timedelta(draw.randint(-5, 60))
            last = first + timedelta(draw.choice([0, 0, 1, 7]))
        filters = Filters(about.name, first, last, **choice)
        for question in draw.sample(list(QUESTIONS.values()), 3):
            found = answer(question, marts, filters, "EUR")
            assert not re.search(r"\b(None|nan)\b", found.sentence), found
            assert found.spec is None or found.spec["description"]


def test_the_configuration_of_charts_obeys_the_schema() -> None:
    assert vegalite.Config.from_dict(config("EUR")).to_dict()["locale"]


@pytest.mark.parametrize(
    ("key", "mart", "column_name", "name", "value", "measure"),
    [
        (
            "revenue_by_market",
            "rpt_channel_attribution",
            "market",
            "company_x",
            "GB",
            "revenue",
        ),
        (
            "sessions_by_device",
            "rpt_sessions_daily",
            "device",
            "vivid_seats",
            "mobile",
            "session_count",
        ),
    ],
)
def test_what_says_no_market_or_device_is_a_part_of_the_whole(
    published: Path,
    tmp_path: Path,
    key: str,
    mart: str,
    column_name: str,
    name: str,
    value: str,
    measure: str,
) -> None:
    path = tmp_path / "tributary.duckdb"
    shutil.copy(published, path)
    filters = Filters(name)
    known_by_all = answer(QUESTIONS[key], Marts(path), filters, "EUR")
    unknown = f"update marts.{mart} set {column_name} = '(unknown)'"
    with duckdb.connect(str(path)) as conn:
        conn.execute(f"{unknown} where {column_name} = '{value}'")

    some = answer(QUESTIONS[key], Marts(path), filters, "EUR")

    # the same rows, one of them by another name, and so the same shares
    assert sorted(some.rows.column(measure)) == sorted(
        known_by_all.rows.column(measure)
    )
    assert "(unknown)" in some.rows.column(column_name)
    assert some.sentence.replace("(unknown)", value) == known_by_all.sentence
    # where none says it there is nothing to compare
    with duckdb.connect(str(path)) as conn:
        conn.execute(unknown)
    assert answer(QUESTIONS[key], Marts(path), filters, "EUR").missing
    assert not answer(QUESTIONS[key], Marts(path), filters, "EUR").rows


def test_figures_are_those_of_the_facts(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    for name in ("company_x", "afisha", "vivid_seats", "company_x_2023"):
        ((sessions,),) = facts.execute(
            "select count(*) from marts.fct_sessions where property = ?", [name]
        ).fetchall()
        ((orders, revenue),) = facts.execute(
            "select count(*), sum(revenue) from marts.fct_conversions "
            "where property = ? and is_counted",
            [name],
        ).fetchall()
        found = values(marts, Filters(name))
        assert found["Sessions"] == shown(sessions, "count")
        assert found["Orders"] == shown(orders, "count")
        assert found["Revenue"] == shown(revenue, "money", "EUR")
        assert found["Conversion rate"] == shown(orders / sessions, "share")


def test_parts_of_orders_are_not_rounded_before_they_are_divided_by(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    ((orders, revenue),) = facts.execute(
        "select sum(credit_share), sum(credited_revenue) "
        "from marts.fct_attribution_credits where property = 'company_x' "
        "and attribution_model = 'linear' and channel = 'Referral'"
    ).fetchall()
    ((sessions,),) = facts.execute(
        "select count(*) from marts.fct_sessions "
        "where property = 'company_x' and channel = 'Referral'"
    ).fetchall()

    found = values(marts, Filters("company_x", channel=("Referral",), model="linear"))

    assert orders != round(orders)
    assert found["Orders"] == shown(orders, "credit")
    assert found["Per order"] == shown(float(revenue / orders), "money", "EUR")
    assert found["Conversion rate"] == shown(float(orders / sessions), "share")


def test_orders_and_revenue_are_there_whatever_is_credited(
    published: Path, tmp_path: Path, facts: duckdb.DuckDBPyConnection
) -> None:
    """Also by a model that the property lacks, and where credits are net of refunds."""
    path = tmp_path / "tributary.duckdb"
    shutil.copy(published, path)
    ((orders, revenue, net),) = facts.execute(
        "select count(*), sum(revenue), sum(net_revenue) from marts.fct_conversions "
        "where property = 'corner_shop' and is_counted"
    ).fetchall()
    with duckdb.connect(str(path)) as conn:
        conn.execute(
            "update marts.rpt_channel_attribution "
            "set credited_revenue = credited_revenue / 2"
        )

    assert net < revenue
    for model in ("last_non_direct", "provided"):
        filters = Filters("corner_shop", model=model)
        found = values(Marts(path), filters)
        assert found["Orders"] == shown(orders, "count")
        assert found["Revenue"] == shown(revenue, "money", "EUR")
        assert found["Per order"] == shown(float(revenue / orders), "money", "EUR")
        wholes = {"revenue_over_time": revenue, "orders_over_time": orders}
        for key, whole in wholes.items():
            rows = answer(QUESTIONS[key], Marts(path), filters, "EUR").rows
            assert sum(rows.column(rows.columns[1])) == whole


def test_revenue_is_not_called_booked_while_some_awaits_the_books(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    ((booked,),) = facts.execute(
        "select sum(backend_revenue) from marts.fct_conversion_reconciliation "
        "where property = 'company_x'"
    ).fetchall()
    (revenue,) = (
        one
        for one in figures(marts, Filters("company_x"), "EUR")
        if one.label == "Revenue"
    )

    assert revenue.value != shown(booked, "money", "EUR")
    assert revenue.meaning == "that counts, before refunds"


def test_figures_follow_dates_and_market(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    first, last = date(2021, 7, 5), date(2021, 7, 18)
    ((orders, revenue),) = facts.execute(
        "select count(*), sum(revenue) from marts.fct_conversions where is_counted "
        "and property = 'company_x' and market = 'GB' "
        "and conversion_date between ? and ?",
        [first, last],
    ).fetchall()
    ((sessions,),) = facts.execute(
        "select count(*) from marts.fct_sessions where property = 'company_x' "
        "and market = 'GB' and session_date between ? and ?",
        [first, last],
    ).fetchall()

    found = values(marts, Filters("company_x", first, last, market=("GB",)))

    assert orders > 10
    assert found["Orders"] == shown(orders, "count")
    assert found["Revenue"] == shown(revenue, "money", "EUR")
    assert found["Sessions"] == shown(sessions, "count")
    # nobody is billed by market
    assert found["Cost"] == found["ROAS"] == "–"


def test_figures_follow_the_device(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    ((orders, revenue),) = facts.execute(
        "select count(*), sum(revenue) from marts.fct_conversions "
        "where property = 'vivid_seats' and is_counted and device = 'mobile'"
    ).fetchall()

    found = values(marts, Filters("vivid_seats", device=("mobile",)))
    both = values(marts, Filters("vivid_seats", device=("mobile",), channel=("x",)))

    assert found["Orders"] == shown(orders, "count")
    assert found["Revenue"] == shown(revenue, "money", "EUR")
    # no mart knows the device of an order and its channel
    assert both["Orders"] == "–"


def test_gap_leaves_out_what_the_backend_still_has_to_confirm(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    ((gap,),) = facts.execute(
        "select sum(revenue_gap) from marts.fct_conversion_reconciliation "
        "where property = 'company_x' and not is_awaiting_backend"
    ).fetchall()

    assert values(marts, Filters("company_x"))["Gap to tracking"] == shown(
        gap, "money", "EUR"
    )


def test_retention_is_that_of_the_sessions(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    expected = facts.execute(
        """
        with firsts as (
            select user_id, date_trunc('month', min(session_date)) as cohort_month
            from marts.fct_sessions
            where property = 'afisha' and user_id is not null group by user_id
        )
        select cohort_month,
            date_diff('month', cohort_month, session_date) as month_number,
            count(distinct user_id)
        from marts.fct_sessions inner join firsts using (user_id)
        where property = 'afisha' and session_date < '2018-05-01'
        group by 1, 2 having month_number > 0 order by 1, 2
    """
    ).fetchall()

    rows = answer(QUESTIONS["retention"], marts, Filters("afisha"), None).rows
    found = [
        (month, number, users)
        for month, number, _, users, _ in rows.rows
        if number
        and users
        and month < date(2018, 5, 1)
        and (month.year - 2018) * 12 + month.month + number < 5
    ]

    assert len(expected) > 40
    assert [
        (m.date() if hasattr(m, "date") else m, n, u) for m, n, u in expected
    ] == found


def test_a_cohort_is_drawn_once_while_no_following_month_is_over(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    expected = facts.execute(
        """
        select strftime(first_day, '%Y-%m'), count(*)
        from (
            select min(session_date) as first_day from marts.fct_sessions
            where property = 'company_x_2023' and user_id is not null group by user_id
        )
        group by 1 order by 1
    """
    ).fetchall()

    rows = answer(QUESTIONS["retention"], marts, Filters("company_x_2023"), None).rows
    (drawn,) = QUESTIONS["retention"].draw(rows).to_dict()["datasets"].values()

    assert len(expected) < len(rows.rows)
    assert [(bar["cohort_month"], bar["cohort_users"]) for bar in drawn] == expected


def test_users_of_a_period_are_of_chosen_days_alone(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    first, last = date(2017, 8, 2), date(2017, 10, 31)
    expected = facts.execute(
        """
        select date_trunc('week', session_date)::date, count(distinct user_id)
        from marts.fct_sessions
        where property = 'afisha' and session_date between $first and $last
        group by 1 order by 1
    """,
        {"first": first, "last": last},
    ).fetchall()

    found = answer(QUESTIONS["active_users"], marts, Filters("afisha", first, last), "")

    # a Wednesday and a Tuesday: the week of either is there in part
    assert [row[0] for row in expected[:: len(expected) - 1]] == [
        date(2017, 7, 31),
        date(2017, 10, 30),
    ]
    whole = expected[1:-1]
    assert [(row[0], row[2]) for row in found.rows.rows] == whole
    week, users = whole[-1]
    assert f"in the last period, from {week}: {shown(users, 'count')}." in (
        found.sentence
    )


@pytest.mark.parametrize("name", PROPERTIES)
def test_all_days_are_no_fewer_periods_than_no_days(marts: Marts, name: str) -> None:
    """Also where the data begin or end within a week."""
    (about,) = (about for about in marts.properties() if about.name == name)
    for span in (10, 300, 600):
        every = Filters(name, span=span)
        days = Filters(name, about.first, about.last, span=span)
        # the days alone would choose another grain than the span
        asked = QUESTIONS["active_users"].queries[0]
        rows = [
            marts.ask(
                filtered(asked, filters), filters.parameters | {"grain": every.grain}
            ).rows
            for filters in (every, days)
        ]
        assert rows[0] == rows[1]


@pytest.mark.parametrize("key", ["retention", "ltv", "payback"])
@pytest.mark.parametrize(
    ("first", "last", "is_said"),
    [
        (None, None, False),
        (date(2017, 8, 1), date(2018, 2, 28), False),
        (date(2017, 8, 2), None, True),
        (None, date(2018, 2, 27), True),
    ],
)
def test_months_that_are_chosen_in_part_are_said_to_be_shown_whole(
    marts: Marts, key: str, first: date | None, last: date | None, is_said: bool
) -> None:
    found = answer(QUESTIONS[key], marts, Filters("afisha", first, last), None)

    said = "Months are shown whole, also where only some days are chosen."
    assert found.note == (said if is_said else "")
    if first:
        assert min(found.rows.column("cohort_month")) == date(2017, 8, 1)


def test_shares_of_each_model_add_up(marts: Marts) -> None:
    rows = answer(
        QUESTIONS["models_side_by_side"], marts, Filters("company_x"), None
    ).rows
    sums: dict[str, float] = {}
    for row in rows.dicts():
        model = row["attribution_model"]
        sums[model] = sums.get(model, 0) + row["revenue_share"]

    assert len(sums) == 9
    assert all(abs(share - 1) < 1e-6 for share in sums.values())


def test_steps_of_paths_hold_every_order(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    ((orders,),) = facts.execute(
        "select count(distinct conversion_id) from marts.fct_touchpoints "
        "inner join marts.fct_conversions using (property, conversion_id) "
        "where property = 'afisha' and is_counted"
    ).fetchall()
    rows = answer(QUESTIONS["paths"], marts, Filters("afisha"), None).rows

    last = sum(row["conversion_count"] for row in rows.dicts() if row["step"] == 0)
    before = sum(row["conversion_count"] for row in rows.dicts() if row["step"] == 1)
    led = sum(
        row["conversion_count"]
        for row in rows.dicts()
        if row["step"] == 0 and row["source"] is not None
    )

    assert last == orders
    assert before == led


@pytest.mark.parametrize(
    ("name", "channel"), [("afisha", "source 4"), ("company_x", "Referral")]
)
def test_a_channel_whose_name_looks_like_a_path_is_one_step(
    published: Path, tmp_path: Path, name: str, channel: str
) -> None:
    path = tmp_path / "tributary.duckdb"
    shutil.copy(published, path)
    before = answer(QUESTIONS["paths"], Marts(path), Filters(name), None)
    odd = "Display > Retargeting"
    with duckdb.connect(str(path)) as conn:
        for mart in ("fct_sessions", "fct_touchpoints", "rpt_sessions_daily"):
            conn.execute(
                f"update marts.{mart} set channel = $odd where channel = $channel",
                {"odd": odd, "channel": channel},
            )
        conn.execute(
            "update marts.rpt_journey_paths set path = replace(path, $channel, $odd)",
            {"odd": odd, "channel": channel},
        )

    found = answer(QUESTIONS["paths"], Marts(path), Filters(name), None)

    renamed = [
        (
            step,
            odd if source == channel else source,
            odd if target == channel else target,
        )
        for step, source, target, _ in before.rows.rows
    ]
    assert sum(odd in row for row in renamed) > 5
    assert {row[:3]: row[3] for row in found.rows.rows} == dict(
        zip(renamed, before.rows.column("conversion_count"), strict=True)
    )
    assert found.sentence == before.sentence.replace(channel, odd)


def test_an_event_is_on_the_day_of_its_property(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    events = facts.execute(
        "select coalesce(event_name, event_id), event_at from marts.dim_events "
        "where property = 'vivid_seats'"
    ).fetchall()
    chicago = ZoneInfo("America/Chicago")
    expected = [
        (name, at and at.replace(tzinfo=UTC).astimezone(chicago).date(), at)
        for name, at in events
    ]

    rows = answer(QUESTIONS["events"], marts, Filters("vivid_seats"), "USD").rows

    assert any(at and day != at.date() for _, day, at in expected)
    assert sorted(zip(rows.column("event"), rows.column("event_at"), strict=True)) == (
        sorted((f"{name}, {day}" if day else name, at) for name, day, at in expected)
    )


# what to do next


def reasons(marts: Marts, filters: Filters) -> dict[str, str]:
    """Give why each thing is to be done, by what it is."""
    return {one.what: one.why for one in advice(marts, filters, "EUR")}


def test_advice_says_which_filters_it_does_not_follow(
    marts: Marts, facts: duckdb.DuckDBPyConnection
) -> None:
    ((orders, blind),) = facts.execute(
        "select count(*), count(*) filter (not exists ("
        "from marts.fct_touchpoints as touches where touches.property = "
        "orders.property and touches.conversion_id = orders.conversion_id)) "
        "from marts.fct_conversions as orders "
        "where property = 'company_x' and is_counted"
    ).fetchall()
    note = "Not told apart by markets: shown for all of them."

    found = reasons(marts, Filters("company_x", market=("DE",)))

    pathless = found.pop("Find out where orders without a path come from.")
    assert f"{blind} of {orders} orders" in pathless
    assert pathless.endswith(note)
    # both sides of a conversion say its market
    assert note not in found.pop("Find out why tracking and books differ.")
    assert len(found) > 3
    assert all(why.endswith(note) for why in found.values())
    assert not any("Not told" in why for why in reasons(marts, Filters("company_x")))


def test_advice_says_that_it_is_of_all_days(marts: Marts) -> None:
    filters = Filters("afisha", date(2017, 8, 1), date(2017, 10, 31))
    note = "Not told apart by dates: shown for all of them."

    found = advice(marts, filters, "EUR")

    assert {one.page for one in found if one.why.endswith(note)} == {
        "budget",
        "quality",
    }
    assert {one.page for one in found if "Not told" not in one.why} == {
        "channels",
        "spend",
    }


def test_orders_of_a_channel_are_no_share_without_a_path(marts: Marts) -> None:
    orders = "Find out where orders without a path come from."

    assert orders in reasons(marts, Filters("company_x"))
    assert orders not in reasons(
        marts, Filters("company_x", channel=("(no touchpoint)",))
    )


@pytest.mark.parametrize("status", ["more", "less", "keep"])
def test_the_spend_in_question_is_what_loses_most(status: str) -> None:
    """With 60 % margin, and as the marts have it: ROMI is null without cost."""
    columns = ("channel", "cost", "credited_revenue", "credited_conversions", "romi")
    rows = Answer(
        columns,
        (
            ("Search", Decimal(1000), Decimal(1100), 20, -0.34),
            ("Video", Decimal(100), Decimal(50), 1, -0.7),
            ("Email", Decimal(10), Decimal(500), 9, 29.0),
            ("Referral", Decimal(0), Decimal(70), 2, None),
            ("(no session)", Decimal(5), Decimal(0), 0, None),
            ("(no touchpoint)", Decimal(0), Decimal(90), 3, None),
        ),
    )
    split = Answer(("channel", "status"), (("Email", "more"), ("Search", status)))

    first, second = of_returns(rows, split, "EUR")

    assert first.what == "Question the spend on Search."
    # 1100 × 0.6
    said = f"1{THIN}000.00{THIN}EUR and is credited with 660.00{THIN}EUR of gross"
    assert said in first.why
    assert "2 of 3 channels with a cost do not earn it." in first.why
    assert ("before spending less" in first.why) == (status == "more")
    assert second.page == "spend"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ((2, -3), "should go to a (+2.00), and come from b (-3.00)."),
        ((2, 1), "should go to a (+2.00)."),
        ((-1, -3), "should come from b (-3.00)."),
        ((0, -3), "should come from b (-3.00)."),
        ((0, 0), "no channel is known well enough to move any of it."),
    ],
)
def test_spend_does_not_come_from_where_it_goes(
    changes: tuple[int, int], said: str
) -> None:
    """Of chosen channels all may rise, or all fall."""
    rows = tuple(zip("ab", changes, (9, 9), strict=True))

    sentence = moves(Answer(("channel", "spend_change", "current_spend"), rows), None)

    assert sentence.endswith(said)


def test_a_channel_called_other_is_not_the_rest_of_them(
    published: Path, tmp_path: Path
) -> None:
    path = tmp_path / "tributary.duckdb"
    with copied(published, path) as conn:
        ((dearest, cost, channels),) = conn.execute(
            "select arg_max(channel, cost), max(cost), count(*) from ("
            "select channel, sum(cost) as cost from marts.rpt_channel_costs "
            "where property = 'afisha' and cost != 0 group by channel)"
        ).fetchall()
        conn.execute(
            "update marts.rpt_channel_costs set channel = 'other' where channel = ?",
            [dearest],
        )
    links = [Link(0, None, "other", 9), *(Link(0, None, f"c{n}", 1) for n in range(9))]

    rows = answer(QUESTIONS["spend_over_time"], Marts(path), Filters("afisha"), "USD")
    kept = kept_channels(links)

    assert channels > 7
    assert rows.sentence.startswith(f"other cost most: {shown(cost, 'money', 'USD')}")
    assert sum(r["cost"] for r in rows.rows.dicts() if r["channel"] == "other") == (
        pytest.approx(float(cost))
    )
    assert Link(0, None, "other", 9) in kept
    assert sum(link.orders for link in kept) == 18


def test_ribbons_fill_the_nodes_that_they_join() -> None:
    nodes, ribbons = layout(
        [Link(1, None, "a", 3), Link(0, "a", "a", 1), Link(0, "a", "b", 2)], ["a", "b"]
    )
    place = {(node["x"], node["channel"]): node for node in nodes}

    first, last = place[0, "a"], place[1, "b"]
    assert first["orders"] == 3
    assert abs((first["y2"] - first["y"]) / (last["y2"] - last["y"]) - 1.5) < 1e-9
    starts = [p for p in ribbons if abs(p["x"] - first["x2"]) < 1e-9]
    assert min(p["y"] for p in starts) == pytest.approx(first["y"])
    assert max(p["y2"] for p in starts) == pytest.approx(first["y2"])


def test_names_that_differ_in_signs_only_stay_apart() -> None:
    names = ["shop_a", "shop.a", "shop a", "Лавка", "Кафе!"]

    safe = [safe_name(name) for name in names]

    assert safe[0] == "shop_a"
    assert len(set(safe)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in safe)
    assert safe == [safe_name(name) for name in names]


def words(chart: Chart) -> list[str]:
    """Give the words that can be seen in the drawing of a chart."""
    found = re.findall(
        r"<text([^<>]*)>([^<>]+)</text>", svg(finished(chart, "", "EUR"), "a")
    )
    return [text for about, text in found if 'opacity="0"' not in about]


@pytest.mark.parametrize("days", [1, 2, 5])
def test_a_chart_of_few_days_names_them_and_no_hours(days: int) -> None:
    found = [date(2024, 5, 1) + timedelta(n) for n in range(days)]
    rows = Answer(("period", "revenue"), tuple((day, Decimal(5)) for day in found))

    for chart in (
        shapes.columns(rows, "revenue"),
        shapes.lines(rows, "period", "revenue"),
    ):
        assert words(chart)[:days] == [f"{day}" for day in found]


def test_months_are_counted_in_whole_ones() -> None:
    rows = Answer(
        ("cohort_month", "month_number", "ltv"), (("2024-01", 0, 1), ("2024-01", 1, 2))
    )

    chart = shapes.gradual(rows, "month_number", "ltv", "cohort_month")

    assert words(chart)[:3] == ["0", "1", "months since the first order"]


@pytest.mark.parametrize(("months", "told"), [(12, 12), (60, 0)])
def test_numbers_stand_only_in_cells_that_are_wide_enough(
    months: int, told: int
) -> None:
    rows = Answer(
        ("cohort_month", "month_number", "retention_rate"),
        tuple(("2024-01", n + 1, 0.25) for n in range(months)),
    )

    chart = shapes.heat(rows, "month_number", "cohort_month", "retention_rate")

    found = words(chart)
    assert sum(word.endswith("%") for word in found) == told
    assert len([word for word in found if word.isdigit()]) <= 30


@pytest.mark.parametrize(
    ("key", "mart", "column_name", "value"),
    [
        ("ltv", "rpt_ltv", "cumulative_revenue", "null"),
        ("models_side_by_side", "rpt_channel_attribution", "credited_revenue", "0"),
    ],
)
def test_a_chart_without_anything_to_draw_is_none(
    published: Path,
    tmp_path: Path,
    key: str,
    mart: str,
    column_name: str,
    value: str,
) -> None:
    """No month is over, nothing is earned: the table stands in its place."""
    path = tmp_path / "tributary.duckdb"
    with copied(published, path) as conn:
        conn.execute(f"update marts.{mart} set {column_name} = {value}")

    found = answer(QUESTIONS[key], Marts(path), Filters("company_x"), "EUR")

    assert found.rows
    assert found.spec is None


def test_a_bounce_rate_is_of_sessions_that_could_be_judged(
    published: Path, tmp_path: Path
) -> None:
    path = tmp_path / "tributary.duckdb"
    shutil.copy(published, path)
    filters = Filters("vivid_seats")
    rates = {}
    for known_of, bounces in (("all", "judged_session_count"), ("none", "0")):
        with duckdb.connect(str(path)) as conn:
            for mart in ("rpt_sessions_daily", "rpt_traffic_partners"):
                conn.execute(
                    f"update marts.{mart} set session_count = 2 * session_count, "
                    f"bounce_count = {bounces}"
                )
        rates[known_of] = {
            rate
            for key in ("sessions_by_channel", "bounce_by_channel", "partners")
            for rate in answer(QUESTIONS[key], Marts(path), filters, None).rows.column(
                "bounce_rate"
            )
            if rate is not None
        }

    assert rates == {"all": {1}, "none": {0}}


def test_devices_are_told_apart_in_words_too() -> None:
    may, june = date(2024, 5, 1), date(2024, 6, 1)
    rows = Answer(
        ("period", "device", "active_users"),
        (
            (may, "desktop", 7),
            (may, "mobile", 9),
            (june, "desktop", 5),
            (june, "tv", 1),
        ),
    )

    assert active(rows, None) == (
        "Most users from 2024-05-01: 9 by mobile; in the last period, from 2024-06-01: "
        "5 by desktop, 1 by tv."
    )


def test_conditions_are_only_those_of_chosen_filters() -> None:
    sql = "select 1 where {filters: dates=day, channel=source, months=month}"

    assert filtered(sql, Filters("shop")) == "select 1 where property = $property"
    assert filtered(sql, Filters("shop", channel=("a",))) == (
        "select 1 where property = $property and list_contains($channel, source)"
    )
    assert known(sql) == {"dates", "channel"}


def test_values_of_filters_are_never_sql(marts: Marts) -> None:
    evil = "x'); drop table marts.fct_sessions; --"

    found = answer(
        QUESTIONS["sessions_by_channel"], marts, Filters(evil, channel=(evil,)), None
    )

    assert not found.rows
    assert marts.ask("select count(*) from marts.fct_sessions").rows[0][0] > 0


@pytest.mark.parametrize(
    "sql", ["create table marts.mine (a int)", "select * from read_csv('/etc/passwd')"]
)
def test_the_file_is_only_read_and_nothing_beside_it(marts: Marts, sql: str) -> None:
    with pytest.raises(MartsError):
        marts.ask(sql)


def test_a_new_publication_is_read_without_a_restart(
    published: Path, tmp_path: Path
) -> None:
    path, following = tmp_path / "tributary.duckdb", tmp_path / "next"
    shutil.copy(published, path)
    with copied(published, following) as conn:
        conn.execute("delete from marts.fct_sessions")
    marts = Marts(path)
    count = "select count(*) from marts.fct_sessions"
    before = marts.version()
    assert marts.ask(count).rows[0][0] > 0

    following.replace(path)

    assert marts.ask(count).rows == ((0,),)
    assert marts.version() != before


def test_what_cannot_be_read_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(MartsError, match="does not exist yet: run make build first"):
        Marts(tmp_path / "tributary.duckdb").ask("select 1")

    broken = tmp_path / "broken.duckdb"
    broken.write_text("no database")
    with pytest.raises(MartsError, match="cannot be opened"):
        Marts(broken).ask("select 1")

    empty = tmp_path / "empty.duckdb"
    duckdb.connect(str(empty)).close()
    with pytest.raises(MartsError, match="build it again with make build"):
        Marts(empty).properties()


def test_values_are_written_for_people() -> None:
    assert shown(1234567, "count") == "1\u202f234\u202f567"
    assert shown(Decimal("-1234.5"), "money", "EUR") == "-1\u202f234.50\u202fEUR"
    assert shown(-0.001, "money", "EUR") == "0.00\u202fEUR"
    assert shown(0.1234, "share") == "12.3\u202f%"
    assert shown(None, "money", "EUR") == "–"
    assert shown(date(2021, 7, 1), "month") == "2021-07"
    assert column("is_first_signup").label == "First signup"
    assert column("touch_count").label == "Touches"
    assert column("sold_count").label == "Sold"
    assert column("backend_count").label == "Backend"
    assert column("listing_count").label == "Listings"


def test_cells_of_a_download_never_run_as_a_formula() -> None:
    rows = Answer(
        ("channel", "cost"),
        (
            ("=1+1", Decimal("-1.50")),
            ("@sum", Decimal("0.000001")),
            ("+49 30", None),
            ('a,"b"\n', Decimal("3")),
        ),
    )

    assert list(csv.reader(io.StringIO(csv_text(rows)))) == [
        ["channel", "cost"],
        ["'=1+1", "-1.50"],
        ["'@sum", "0.000001"],
        ["'+49 30", ""],
        ['a,"b"\n', "3"],
    ]


def test_text_of_the_data_is_never_markup() -> None:
    rows = Answer(("channel",), (("<script>alert(1)</script>",),) * 30)

    table = html_table(rows, 'What is "it"?', limit=2)

    assert "<script>" not in table
    assert "&lt;script&gt;" in table
    assert 'aria-label="What is &quot;it&quot;?: table"' in table
    assert "The first 2 of 30 rows." in table
