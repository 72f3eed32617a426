"""The marts against an independent reading of the definitions, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import pytest

import reference
from reference import Conversion, Session, Touch
from support import PROJECT, SEEDS, Build, Row, read_rows

NEVER = datetime(1970, 1, 1)
SPELT_BETTER = {"fb & ig ads": "FB & IG Ads"}
LOOKBACK = timedelta(days=90)


def is_readable(row: Row, column: str, kind: type) -> bool:
    """Tell whether a value is what it should be."""
    readers = {
        date: date.fromisoformat,
        Decimal: lambda text: Decimal(text) >= 0,
    }
    try:
        return bool(readers[kind](row[column]))
    except (ValueError, InvalidOperation):
        return False


def sessions_of(rows: Iterable[Row]) -> dict[str, Session]:
    """Read the sessions that can be read, each id once: the first by all columns."""
    sessions: dict[str, Session] = {}
    for row in sorted(rows, key=lambda row: list(row.values())):
        try:
            started_at = datetime.fromisoformat(
                f"{row['event_date']} {row['event_time']}"
            )
            Decimal(row.get("cpc") or 0)
        except (ValueError, InvalidOperation):
            continue
        if row["session_id"] and row["session_id"] not in sessions:
            sessions[row["session_id"]] = Session(
                row["session_id"],
                row["user_id"],
                started_at,
                SPELT_BETTER.get(row["channel_name"], row["channel_name"]),
            )
    return sessions


def cents(text: str) -> int:
    """Read an amount as whole cents."""
    return int((Decimal(text) * 100).to_integral_value())


def conversions_2023() -> list[Conversion]:
    """Read the conversions of the 2023 sample, which has no backend."""
    rows = read_rows(SEEDS / "company_x_2023" / "company_x_2023__conversions.csv")
    return [
        Conversion(
            row["conv_id"],
            row["user_id"],
            datetime.fromisoformat(f"{row['conv_date']} {row['conv_time']}"),
            cents(row["revenue"]),
        )
        for row in rows
        if "EUR" not in row["revenue"]
    ]


def end_of(day: str) -> datetime:
    """Return the last microsecond of a day."""
    return datetime.fromisoformat(f"{day} 23:59:59.999999")


def conversions_2021() -> dict[str, Conversion]:
    """Read what counts in the 2021 sample: the backend, and what it is awaited for."""
    folder = SEEDS / "company_x"
    conversions: dict[str, Conversion] = {}
    for table in ("conversions_backend", "conversions"):
        last_booked = max((c.converted_at for c in conversions.values()), default=NEVER)
        ordered = sorted(
            read_rows(folder / f"{table}.csv"), key=lambda row: list(row.values())
        )
        for row in ordered:
            try:
                converted_at = end_of(row["conv_date"])
                amount = cents(row["revenue"])
            except (ValueError, InvalidOperation):
                continue
            is_new = row["conv_id"] and row["conv_id"] not in conversions
            if is_new and converted_at > last_booked:
                conversions[row["conv_id"]] = Conversion(
                    row["conv_id"], row["user_id"], converted_at, amount
                )
    return conversions


def journeys_2021(
    conversions: dict[str, Conversion], sessions: dict[str, Session]
) -> dict[str, list[Touch]]:
    """Read the provided journeys of the 2021 sample."""
    touches: dict[str, dict[str, Touch]] = {key: {} for key in conversions}
    path = SEEDS / "company_x" / "attribution_customer_journey.csv"
    for row in sorted(read_rows(path), key=lambda row: list(row.values())):
        try:
            weight = Fraction(row["ihc"])
        except ValueError:
            continue
        is_known = row["conv_id"] in conversions and row["session_id"] in sessions
        if not is_known or weight < 0 or row["session_id"] in touches[row["conv_id"]]:
            continue
        session = sessions[row["session_id"]]
        touches[row["conv_id"]][session.session_id] = Touch(
            session.session_id,
            min(session.started_at, conversions[row["conv_id"]].converted_at),
            session.channel,
            session.is_direct,
            weight,
        )
    return {key: reference.in_order(found.values()) for key, found in touches.items()}


Shop = tuple[dict[str, Session], dict[str, Conversion], dict[str, list[Touch]]]


def shop(site: str) -> Shop:
    """Read a sample: its sessions, its counted conversions and their journeys."""
    if site == "company_x":
        sessions = sessions_of(read_rows(SEEDS / site / "session_sources.csv"))
        conversions = conversions_2021()
        return sessions, conversions, journeys_2021(conversions, sessions)
    rows = read_rows(SEEDS / site / "company_x_2023__session_sources.csv")
    sessions = sessions_of(rows)
    conversions = {c.conversion_id: c for c in conversions_2023()}
    journeys = reference.journeys(list(conversions.values()), list(sessions.values()))
    return sessions, conversions, journeys


def other_paths(sessions: dict[str, Session], buyers: set[str]) -> dict[str, list[str]]:
    """List the channels of each user who never bought, up to the lookback."""
    by_user: dict[str, list[Session]] = {}
    for session in sessions.values():
        if session.user_id and session.user_id not in buyers:
            by_user.setdefault(session.user_id, []).append(session)
    paths = {}
    for user, visits in by_user.items():
        visits.sort(key=lambda visit: (visit.started_at, visit.session_id))
        begin = visits[-1].started_at - LOOKBACK
        paths[user] = [visit.channel for visit in visits if visit.started_at > begin]
    return paths


def journey_users(site: str, conversions: dict[str, Conversion]) -> set[str]:
    """List the users whose sessions lead to a conversion: the tracker's, if any."""
    users = {key: c.user_id for key, c in conversions.items()}
    if site == "company_x":
        booked = {(c.conversion_id, c.user_id) for c in conversions.values()}
        tracked: dict[str, list[str]] = {}
        for row in read_rows(SEEDS / site / "conversions.csv"):
            tracked.setdefault(row["conv_id"], []).append(row["user_id"])
        for key, candidates in tracked.items():
            if key in users:
                agreeing = [user for user in candidates if (key, user) in booked]
                users[key] = agreeing[0] if agreeing else min(candidates)
    return set(users.values())


def effects_of(site: str) -> dict[str, Fraction]:
    """Compute the removal effects of a sample, by the reference."""
    sessions, conversions, journeys = shop(site)
    converting = [[t.channel for t in touches] for touches in journeys.values()]
    others = other_paths(sessions, journey_users(site, conversions))
    return reference.removal_effects(
        [path for path in converting if path], list(others.values())
    )


def expected_credits(site: str) -> dict[tuple[str, str, int], tuple]:
    """Credit every conversion of a sample, by the reference."""
    _, conversions, journeys = shop(site)
    effects = effects_of(site)
    models = dict(reference.MODELS)
    models["markov"] = lambda touches: reference.markov(touches, effects)
    if site != "company_x":
        del models["provided"]
    expected: dict[tuple[str, str, int], tuple] = {}
    for model, weights_of in models.items():
        for key, touches in journeys.items():
            amount = conversions[key].cents
            if not touches:
                expected[model, key, 0] = None, Decimal(1), amount
                continue
            shared = reference.credits(touches, weights_of(touches), amount)
            for number, (touch, (share, part)) in enumerate(
                zip(touches, shared, strict=True), start=1
            ):
                expected[model, key, number] = touch.session_id, share, part
    return expected


@pytest.mark.parametrize("site", ["company_x", "company_x_2023"])
def test_every_removal_effect_is_the_references(sample: Build, site: str) -> None:
    expected = effects_of(site)
    actual = dict(
        sample.rows(
            "select channel, removal_effect from marts.rpt_attribution_models "
            f"where property = '{site}' and attribution_model = 'markov' "
            "and removal_effect is not null"
        )
    )
    assert actual.keys() == expected.keys()
    wrong = {
        channel: (float(actual[channel]), float(effect))
        for channel, effect in expected.items()
        if abs(Fraction(actual[channel]) - effect) > Fraction(1, 10**12)
    }
    assert wrong == {}


@pytest.mark.parametrize("site", ["company_x", "company_x_2023"])
def test_every_credit_is_the_references(sample: Build, site: str) -> None:
    expected = expected_credits(site)
    actual = {
        tuple(row[:3]): (row[3], row[4], int(100 * row[5]))
        for row in sample.rows(
            "select attribution_model, conversion_id, touch_number, session_id, "
            "credit_share, credited_revenue from marts.fct_attribution_credits "
            f"where property = '{site}'"
        )
    }
    assert len(expected) > 1_000
    assert actual.keys() == expected.keys()
    different = {
        key: (actual[key], expected[key])
        for key in expected
        # powers of two and removal effects are rounded: the last place may differ
        if actual[key][0] != expected[key][0]
        or abs(actual[key][1] - expected[key][1]) > Decimal("2e-12")
        or actual[key][2] != expected[key][2]
    }
    assert different == {}


def test_spend_is_what_the_ad_account_billed(sample: Build) -> None:
    rows = read_rows(SEEDS / "company_x" / "api_adwords_costs.csv")
    readable = [
        row
        for row in rows
        if row["campaign_id"]
        and is_readable(row, "event_date", date)
        and is_readable(row, "cost", Decimal)
    ]
    billed = sum(Decimal(row["cost"]) for row in readable)

    assert sample.rows(
        "select sum(ad_cost) from marts.rpt_channel_costs where property = 'company_x'"
    ) == [(billed,)]
    clicks = sum(int(row["clicks"]) for row in readable if row["clicks"].isdigit())
    assert sample.rows(
        "select sum(cost), sum(clicks) from marts.fct_campaign_days "
        "where property = 'company_x'"
    ) == [(billed, clicks)]


def test_the_worked_journey_of_the_docs_is_right() -> None:
    """docs/attribution.md, cell by cell."""
    channels = ["FB & IG Ads", "Newsletter & Email", "FB & IG Ads", "Direct Traffic"]
    days = [(10, 12), (17, 12), (24, 12), (31, 11)]
    touches = [
        Touch(str(place), datetime(2021, 7, *day), channel, channel == "Direct Traffic")
        for place, (channel, day) in enumerate(zip(channels, days, strict=True))
    ]
    effects = {
        "FB & IG Ads": Fraction(1, 10),
        "Newsletter & Email": Fraction(1, 10),
        "Direct Traffic": Fraction(1, 5),
    }
    models = dict(reference.MODELS)
    del models["provided"]
    models["markov"] = lambda journey: reference.markov(journey, effects)
    expected = {
        name: [f"{part / 100:.2f}" for _, part in reference.credits(touches, w, 10_000)]
        for name, w in ((name, rule(touches)) for name, rule in models.items())
    }
    lines = (PROJECT / "docs" / "attribution.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    written = {row[1]: row[2:6] for row in rows if len(row) == 8 and row[1] in models}
    assert written == expected
