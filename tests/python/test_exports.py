"""What other tools export: events of Google Analytics 4, page views, Shopify's orders.

The files are made here, and what they must come to is computed a second time, in plain
Python.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest

from support import Build, dbt, write_rows

pytestmark = pytest.mark.slow

MINUTE = 60_000_000
Event = dict[str, Any]
Origin = tuple[str | None, str | None, str | None]

# what the rules of Google's default channel group make of the origins used here
CHANNELS = {
    ("google", "cpc"): "Paid Search",
    ("google", "organic"): "Organic Search",
    ("facebook", "paid_social"): "Paid Social",
    ("newsletter", "email"): "Email",
    ("partner.example", "referral"): "Referral",
    ("t.co", "referral"): "Organic Social",
    ("mystery", "flyer"): "Unassigned",
    ("mystery", None): "Unassigned",
    ("(direct)", "(none)"): "Direct",
}
ORIGINS: list[Origin] = [
    ("google", "cpc", "brand"),
    ("google", "organic", None),
    ("facebook", "paid_social", "spring"),
    ("newsletter", "email", "may"),
    ("partner.example", "referral", None),
    ("mystery", "flyer", "park"),
    ("mystery", None, None),
    ("(direct)", "(none)", None),
]


# --- events of Google Analytics 4 -----------------------------------------------------


def event(
    random: Random, visitor: str | None, session: int | None, at: int, name: str
) -> Event:
    """Make an event as the BigQuery export has it, with a source here or there."""
    params: dict[str, dict[str, str]] = {}
    if session is not None:
        params["ga_session_id"] = {"int_value": str(session)}
        params["ga_session_number"] = {"int_value": "3"}
    if random.random() < 0.5:
        params["session_engaged"] = {"string_value": random.choice(["0", "1"])}
    made: Event = {
        "event_date": "20240105",
        "event_timestamp": str(at),
        "event_name": name,
        "user_pseudo_id": visitor,
        "device": {"category": "mobile", "web_info": {"browser": "Safari"}},
        "geo": {"country": "France", "city": "Lyon"},
        # never to be read: what first brought the user
        "traffic_source": {"source": "first", "medium": "cpc", "name": "first"},
    }
    source, medium, campaign = random.choice(ORIGINS)
    if random.random() < 0.3:
        made["collected_traffic_source"] = {
            "manual_source": source,
            "manual_medium": medium,
            "manual_campaign_name": campaign,
            "gclid": random.choice([None, "Cj0"]),
        }
    source, medium, campaign = random.choice(ORIGINS)
    if random.random() < 0.3:
        for key, value in (("source", source), ("medium", medium)):
            if value:
                params[key] = {"string_value": value}
        if campaign:
            params["campaign"] = {"string_value": campaign}
    if random.random() < 0.2:
        made["session_traffic_source_last_click"] = {
            "manual_campaign": {"source": "newsletter", "medium": "email"}
        }
    if name == "page_view":
        query = random.choice(["", "?gclid=Cj0", "?utm_source=mystery"])
        params["page_location"] = {"string_value": f"https://shop.example/{query}"}
        params["page_referrer"] = {
            "string_value": random.choice(["https://t.co/x", "https://shop.example/"])
        }
    if name == "purchase":
        params["currency"] = {"string_value": "EUR"}
        amount = random.randrange(100, 10_000) / 100
        transaction = f"#{random.randrange(1001, 1081)}"
        if random.random() < 0.5:
            params["transaction_id"] = {"string_value": transaction}
            params["value"] = {"double_value": amount}
        else:
            made["ecommerce"] = {
                "transaction_id": transaction,
                "purchase_revenue": amount,
            }
    made["event_params"] = [{"key": key, "value": v} for key, v in params.items()]
    return made


def ga4_events(random: Random) -> list[Event]:
    """Make the events of 40 visitors, some without a session or consent."""
    events = []
    clock = 1_704_400_000_000_000
    for number in range(40):
        for session in range(random.randrange(1, 4)):
            for _ in range(random.randrange(1, 7)):
                clock += random.randrange(1, 5 * MINUTE)
                name = random.choice(["page_view", "scroll", "page_view", "purchase"])
                events.append(
                    event(random, f"{number}.7", 1704 * 100 + session, clock, name)
                )
    events.append(event(random, "1.7", None, clock + 1, "scroll"))
    events.append(event(random, None, None, clock + 2, "page_view"))
    events.append(event(random, None, None, clock + 3, "purchase"))
    return random.sample(events, len(events))


def param(one: Event, key: str) -> str | None:
    """Look up a parameter of an event as text."""
    for entry in one["event_params"]:
        if entry["key"] == key:
            return str(next(iter(entry["value"].values())))
    return None


def field(one: Event, record: str, name: str) -> str | None:
    """Look up a field of a nested column."""
    return (one.get(record) or {}).get(name)


def origin_of(one: Event) -> tuple[Origin, bool] | None:
    """Tell what an event itself says of its source, and whether it has a click id."""
    has_click = field(one, "collected_traffic_source", "gclid") is not None
    names = ("manual_source", "manual_medium", "manual_campaign_name")
    said = [field(one, "collected_traffic_source", name) for name in names]
    if not any(said):
        said = [param(one, key) for key in ("source", "medium", "campaign")]
    if any(said) or has_click:
        return (said[0], said[1], said[2]), has_click
    return None


def ga4_session(events: list[Event]) -> tuple[Any, ...]:
    """Compute what the events of one session come to."""
    events = sorted(events, key=lambda one: int(one["event_timestamp"]))
    stated = [one for one in events if origin_of(one)]
    reported = [one for one in events if "session_traffic_source_last_click" in one]
    located = [one for one in events if param(one, "page_location")]
    deciding = (stated or reported or located or events)[0]
    origin, has_click = origin_of(deciding) or ((None, None, None), False)
    if not stated and reported:
        origin = ("newsletter", "email", None)
    address = param(deciding, "page_location") or ""
    query = parse_qs(urlsplit(address).query)
    if not any(origin) and "utm_source" in query:
        origin = (query["utm_source"][0], None, None)
    has_click = has_click or "gclid" in query
    if has_click and origin[1] in (None, "organic", "(none)"):
        origin = ("google", "cpc", origin[2])
    if not any(origin):
        referrer = urlsplit(param(deciding, "page_referrer") or "").hostname
        is_foreign = referrer is not None and referrer != "shop.example"
        origin = (referrer, "referral", None) if is_foreign else DIRECT
    engaged = {param(one, "session_engaged") for one in events} - {None}
    return (
        instant(events[0]),
        instant(events[-1]),
        *origin,
        CHANNELS[origin[0], origin[1]],
        "1" not in engaged if engaged else None,
        events[0]["user_pseudo_id"],
        "mobile",
        "France",
    )


DIRECT: Origin = ("(direct)", "(none)", None)


def instant(one: Event) -> datetime:
    """Read the time of an event, UTC and without a zone."""
    seconds = timedelta(microseconds=int(one["event_timestamp"]))
    return datetime(1970, 1, 1) + seconds


def write_ga4(events: list[Event], folder: Path) -> None:
    """Write events as JSON lines of two days, and as one file of Parquet."""
    half = len(events) // 2
    for name, part in (("1", events[:half]), ("2", events[half:])):
        path = folder / "json" / f"events_2024010{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(one) + "\n" for one in part))
    (folder / "parquet").mkdir()
    with duckdb.connect() as conn:
        conn.execute(
            "copy (select * replace (event_timestamp::bigint as event_timestamp) "
            f"from read_json('{folder}/json/*.json', sample_size = -1)) "
            f"to '{folder}/parquet/events.parquet'"
        )


# --- page views -----------------------------------------------------------------------


# what is no yes is a no; a 0 is often written with a point
AGREED = {6: "granted", 7: "false", 8: "0.0", 9: "withdrawn"}


def page_views(random: Random) -> list[dict[str, str]]:
    """Make the views of 30 visitors, with gaps of about half an hour."""
    views = []
    for number in range(30):
        at = datetime(2024, 3, 30, 20, tzinfo=UTC)
        for _ in range(random.randrange(1, 12)):
            at += timedelta(
                seconds=random.choice([0, 5, 600, 1799, 1800, 1801, 40_000])
            )
            query = random.choice(
                ["", "", "?utm_source=newsletter&utm_medium=email&utm_campaign=may"]
                + ["?utm_source=facebook&utm_medium=paid_social", "?gclid=Cj0&x=1"]
            )
            views.append(
                {
                    "visitor_id": f"v{number}",
                    "viewed_at": at.strftime("%Y-%m-%d %H:%M:%SZ"),
                    "page_url": f"https://shop.example/p{random.randrange(9)}{query}",
                    "referrer": random.choice(["", "https://t.co/x"]),
                    "has_consent": AGREED.get(number % 10, "true"),
                }
            )
    return random.sample(views, len(views))


def page_view_sessions(views: list[dict[str, str]]) -> Iterator[tuple[Any, ...]]:
    """Compute the sessions that views make: 30 minutes of silence, a new campaign."""
    by_visitor = defaultdict(list)
    for view in views:
        campaign = urlsplit(view["page_url"]).query.split("&x=")[0]
        key = (view["viewed_at"], not campaign, view["page_url"], view["referrer"])
        by_visitor[view["visitor_id"]].append((key, campaign, view))
    for visitor, placed in by_visitor.items():
        sessions: list[list[dict[str, str]]] = []
        last_campaign, last_at = "", None
        for _, campaign, view in sorted(placed, key=lambda one: one[0]):
            at = datetime.strptime(view["viewed_at"], "%Y-%m-%d %H:%M:%SZ")
            is_silent = last_at is None or at - last_at >= timedelta(minutes=30)
            if is_silent or (campaign and campaign != last_campaign):
                sessions.append([])
                last_campaign = ""
            last_campaign = campaign or last_campaign
            last_at = at
            sessions[-1].append(view)
        for session in sessions:
            first, last = session[0], session[-1]
            yield (
                datetime.strptime(first["viewed_at"], "%Y-%m-%d %H:%M:%SZ"),
                datetime.strptime(last["viewed_at"], "%Y-%m-%d %H:%M:%SZ"),
                view_channel(first),
                len(session) == 1,
                visitor if first["has_consent"] in ("true", "granted") else None,
            )


def view_channel(view: dict[str, str]) -> str:
    """Tell the channel of a session by its first view."""
    for part, channel in (
        ("newsletter", "Email"),
        ("facebook", "Paid Social"),
        ("gclid", "Paid Search"),
    ):
        if part in view["page_url"]:
            return channel
    return "Organic Social" if view["referrer"] else "Direct"


# a session of each user, who says what the user is called after
CONSENTING = [
    {
        "session_id": f"s{number}",
        "user_id": said or "nothing",
        "started_at": "2024-03-30 10:00:00",
        "has_consent": said,
        "traffic_type": ("Direct", "INDIRECT ")[number % 2],
    }
    for number, said in enumerate(
        ["yes", "1.0", "ja", "", "no", "0.0", "nein", "withdrawn"]
    )
]


# --- Shopify's orders -----------------------------------------------------------------

SHOPIFY_COLUMNS = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Billing Phone",
    "Cancelled at",
    "Refunded Amount",
    "Id",
    "Tags",
    "Source",
]


def order(name: str, **values: str) -> dict[str, str]:
    """Make a line of the export; what is not said is empty."""
    line = dict.fromkeys(SHOPIFY_COLUMNS, "")
    line |= {"Name": name, "Lineitem quantity": "1", "Lineitem name": "Scarf"}
    line |= {"Created at": "2024-01-05 10:15:00 -0500", "Billing Phone": "0555123"}
    if "Total" in values:
        line |= {"Currency": "EUR", "Refunded Amount": "0.00", "Id": f"9{name[1:]}"}
        line |= {"Email": "Buyer@Example.com", "Financial Status": "paid"}
    return line | {key.replace("_", " "): value for key, value in values.items()}


ORDERS = [
    # a line for each thing bought, of which the first is the order
    order("#1001", Total="30.00"),
    order("#1001", Lineitem_name="Hat"),
    order("#1001", Lineitem_name="Glove"),
    # half past eleven in the evening in New York is the next day in Berlin
    order("#1002", Total="12.50", Created_at="2024-01-05 23:30:00 -0500"),
    order("#1003", Total="20.00", Refunded_Amount="5.00"),
    order(
        "#1004",
        Total="40.00",
        Refunded_Amount="40.00",
        Cancelled_at="2024-01-09 09:00:00 -0500",
    ),
    order("#1005", Total="9.00", Tags="vip, Test"),
    order("#1006", Total="9.00", Tags="contest"),
    order("#1007", Total="9.00", Financial_Status="voided"),
    order("#1008", Total="1,5"),
    order("#1009"),
    order("#1001", Total="30.00"),
    order("#1010", Total="10.00", Created_at="yesterday"),
]


# --- the build ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Make the events once."""
    return ga4_events(Random(6))


@pytest.fixture(scope="module")
def views() -> list[dict[str, str]]:
    """Make the page views once."""
    return page_views(Random(7))


@pytest.fixture(scope="module")
def shops(
    events: list[Event],
    views: list[dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Build:
    """Build shops of these, one of them with books of its own."""
    folder = tmp_path_factory.mktemp("exports")
    write_ga4(events, folder)
    write_rows(folder / "views" / "page_views.csv", views)
    write_rows(folder / "visits" / "sessions.csv", CONSENTING)
    write_rows(folder / "orders_export_1.csv", ORDERS, SHOPIFY_COLUMNS)
    orders = {"path": str(folder / "orders_export_1.csv"), "layout": "shopify"}
    raw = {
        "by_json": {"layout": "ga4", "path": str(folder / "json")},
        "by_parquet": [{"layout": "ga4", "path": str(folder / "parquet")}, orders],
        "by_views": str(folder / "views"),
        "by_visits": str(folder / "visits"),
    }
    # what was booked has nothing to do with what was tracked here
    variables = {"raw": raw, "max_gap_share": 100, "attribution_models": ["last_touch"]}
    variables["default_attribution_model"] = "last_touch"
    return dbt(
        folder / "build",
        "build",
        *("--select", "+fct_conversion_reconciliation", "+rpt_reconciliation_daily"),
        *("+fct_rejected_rows", "+fct_sessions", "+fct_conversions", "+int_refunds"),
        *("--indirect-selection", "cautious"),
        variables=variables,
    )


def test_they_build(shops: Build) -> None:
    assert shops.faults == {}


def test_events_make_the_sessions_that_python_makes(
    shops: Build, events: list[Event]
) -> None:
    by_session = defaultdict(list)
    for one in events:
        if one["user_pseudo_id"] and param(one, "ga_session_id"):
            key = f"{one['user_pseudo_id']}.{param(one, 'ga_session_id')}"
            by_session[key].append(one)
    expected = sorted((key, *ga4_session(ones)) for key, ones in by_session.items())
    assert len(expected) > 50
    assert {row[6] for row in expected} == set(CHANNELS.values())
    for site in ("by_json", "by_parquet"):
        assert (
            sorted(
                shops.rows(
                    "select session_id, started_at, ended_at, source, medium, "
                    "campaign_name, channel, is_bounce, user_id, device, market "
                    f"from marts.fct_sessions where property = '{site}'"
                )
            )
            == expected
        )


def test_a_transaction_is_one_conversion(shops: Build, events: list[Event]) -> None:
    purchases = [one for one in events if one["event_name"] == "purchase"]
    transactions = {
        param(one, "transaction_id") or field(one, "ecommerce", "transaction_id")
        for one in purchases
    }
    assert len(transactions) < len(purchases)
    kept = shops.rows(
        "select conversion_id from marts.fct_conversions "
        "where property = 'by_json' and is_counted"
    )
    assert sorted(key for (key,) in kept) == sorted(transactions)
    assert shops.rows(
        "select count(*) from marts.fct_rejected_rows where property = 'by_json' "
        "and layer = 'intermediate' and reason = 'transaction_id is repeated'"
    ) == [(len(purchases) - len(transactions),)]


def test_revenue_is_that_of_one_of_the_purchases(
    shops: Build, events: list[Event]
) -> None:
    """Of the smallest user, then the earliest: no other row than one that came."""
    offered = defaultdict(list)
    for one in events:
        if one["event_name"] == "purchase":
            value = param(one, "value") or field(one, "ecommerce", "purchase_revenue")
            key = param(one, "transaction_id") or one["ecommerce"]["transaction_id"]
            user = one["user_pseudo_id"]
            offered[key].append((user is None, user, instant(one), Decimal(str(value))))
    rows = shops.rows(
        "select conversion_id, user_id, converted_at, revenue "
        "from marts.fct_conversions where property = 'by_json'"
    )
    assert {row[0]: row[1:] for row in rows} == {
        key: min(offers)[1:] for key, offers in offered.items()
    }


def test_events_of_no_session_are_refused(shops: Build, events: list[Event]) -> None:
    """All but a purchase: somebody has bought."""
    expected = Counter(
        f"{name} is missing: the event belongs to no session"
        for one in events
        if one["event_name"] != "purchase"
        for name in (
            ["user_pseudo_id"]
            if not one["user_pseudo_id"]
            else ["ga_session_id"]
            if not param(one, "ga_session_id")
            else []
        )
    )
    assert len(expected) == 2
    rows = shops.rows(
        "select reason, count(*) from marts.fct_rejected_rows "
        "where property = 'by_json' and layer = 'staging' group by reason"
    )
    assert Counter(dict(rows)) == expected


def test_views_make_the_sessions_that_python_makes(
    shops: Build, views: list[dict[str, str]]
) -> None:
    expected = list(page_view_sessions(views))
    rows = shops.rows(
        "select started_at, ended_at, channel, is_bounce, user_id "
        "from marts.fct_sessions where property = 'by_views'"
    )
    assert len(expected) > 100
    assert sorted(rows, key=str) == sorted(expected, key=str)


def test_who_does_not_agree_is_nobody(shops: Build) -> None:
    rows = shops.rows(
        "select user_id from marts.fct_sessions where property = 'by_visits' "
        "order by session_id"
    )
    agreed = ["yes", "1.0", "ja", "nothing"]
    assert [user for (user,) in rows] == [*agreed, None, None, None, None]


def test_kinds_of_traffic_are_two_whatever_their_case(shops: Build) -> None:
    rows = shops.rows(
        "select traffic_type, count(*) from marts.fct_sessions "
        "where property = 'by_visits' group by traffic_type"
    )
    assert dict(rows) == {"direct": 4, "indirect": 4}


def test_orders_are_what_was_booked(shops: Build) -> None:
    """Those of a test, a voided payment or an unreadable line are not."""
    booked = shops.rows(
        "select conversion_id, conversion_date::text, revenue "
        "from intermediate.int_backend_conversions order by conversion_id"
    )
    assert booked == [
        ("#1001", "2024-01-05", Decimal("30.00")),
        ("#1002", "2024-01-06", Decimal("12.50")),
        ("#1003", "2024-01-05", Decimal("20.00")),
        ("#1004", "2024-01-05", Decimal("40.00")),
        ("#1006", "2024-01-05", Decimal("9.00")),
    ]
    assert shops.rows(
        "select count(distinct user_id), min(length(user_id)) "
        "from intermediate.int_backend_conversions"
    ) == [(1, 32)]


def test_refunds_have_the_day_that_is_known(shops: Build) -> None:
    assert shops.rows(
        "select refund_date::text, amount from intermediate.int_refunds "
        "where property = 'by_parquet' order by refund_date"
    ) == [("2024-01-05", Decimal("5.00")), ("2024-01-09", Decimal("40.00"))]


def test_lines_of_no_order_are_refused_without_personal_data(shops: Build) -> None:
    rows = shops.rows(
        "select reason, raw_row from marts.fct_rejected_rows "
        "where property = 'by_parquet' and raw_table = 'orders' order by reason"
    )
    assert [reason for reason, _ in rows] == [
        "Created at is not a timestamp",
        "Name is repeated",
        "Total is not an amount",
        "a test order, by its Tags",
        "the order has no line with a Total",
        "the payment was voided",
    ]
    assert not [row for _, row in rows if "0555" in row or "example" in row.lower()]
