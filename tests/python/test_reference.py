"""The marts against an independent reading of the definitions, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import pytest

from reference import attribution, journeys, markov
from reference.attribution import Rule
from reference.facts import Conversion, JourneyRow, Session
from reference.journeys import Journeys, Touch
from reference.numbers import rounded
from support import PROJECT, SEEDS, Build, Row, read_rows

CENT = Decimal("0.01")
NEVER = datetime(1970, 1, 1)
SPELT_BETTER = {"fb & ig ads": "FB & IG Ads"}


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
            channel = SPELT_BETTER.get(row["channel_name"], row["channel_name"])
            sessions[row["session_id"]] = Session(
                row["session_id"],
                row["user_id"] or None,
                started_at,
                started_at.date(),
                channel,
                channel == "Direct Traffic",
            )
    return sessions


def conversion(row: Row, converted_at: datetime, journey_user_id: str) -> Conversion:
    """Read a conversion, to whole cents."""
    return Conversion(
        row["conv_id"],
        row["user_id"] or None,
        converted_at,
        converted_at.date(),
        Decimal(row["revenue"]).quantize(CENT),
        journey_user_id=journey_user_id or None,
    )


def conversions_2023() -> list[Conversion]:
    """Read the conversions of the 2023 sample, which has no backend."""
    rows = read_rows(SEEDS / "company_x_2023" / "company_x_2023__conversions.csv")
    return [
        conversion(
            row,
            datetime.fromisoformat(f"{row['conv_date']} {row['conv_time']}"),
            row["user_id"],
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
    users = tracked_users(read_rows(folder / "conversions.csv"))
    conversions: dict[str, Conversion] = {}
    for table in ("conversions_backend", "conversions"):
        last_booked = max((c.converted_at for c in conversions.values()), default=NEVER)
        ordered = sorted(
            read_rows(folder / f"{table}.csv"), key=lambda row: list(row.values())
        )
        for row in ordered:
            key = row["conv_id"]
            candidates = users.get(key, [row["user_id"]])
            booked = row["user_id"]
            user = booked if booked in candidates else min(candidates)
            try:
                found = conversion(row, end_of(row["conv_date"]), user)
            except (ValueError, InvalidOperation):
                continue
            is_new = key and key not in conversions
            if is_new and found.converted_at > last_booked:
                conversions[key] = found
    return conversions


def tracked_users(rows: Iterable[Row]) -> dict[str, list[str]]:
    """List whom the tracker names for each conversion."""
    users: dict[str, list[str]] = {}
    for row in rows:
        users.setdefault(row["conv_id"], []).append(row["user_id"])
    return users


def journeys_2021(
    conversions: dict[str, Conversion], sessions: dict[str, Session]
) -> Journeys:
    """Read the provided journeys of the 2021 sample."""
    rows: dict[tuple[str, str], JourneyRow] = {}
    path = SEEDS / "company_x" / "attribution_customer_journey.csv"
    for row in sorted(read_rows(path), key=lambda row: list(row.values())):
        key = row["conv_id"], row["session_id"]
        if is_readable(row, "ihc", Decimal) and key not in rows:
            rows[key] = JourneyRow(*key, Decimal(row["ihc"]))
    return journeys.provided(
        list(conversions.values()), list(sessions.values()), rows.values()
    )


Shop = tuple[dict[str, Session], dict[str, Conversion], Journeys]


def shop(site: str) -> Shop:
    """Read a sample: its sessions, its counted conversions and their journeys."""
    if site == "company_x":
        sessions = sessions_of(read_rows(SEEDS / site / "session_sources.csv"))
        conversions = conversions_2021()
        return sessions, conversions, journeys_2021(conversions, sessions)
    rows = read_rows(SEEDS / site / "company_x_2023__session_sources.csv")
    sessions = sessions_of(rows)
    conversions = {c.conversion_id: c for c in conversions_2023()}
    found = journeys.from_sessions(list(conversions.values()), list(sessions.values()))
    return sessions, conversions, found


def effects_of(site: str) -> dict[str, Fraction]:
    """Compute the removal effects of a sample, by the reference."""
    sessions, conversions, found = shop(site)
    converting = [[t.channel for t in touches] for touches in found.values()]
    others = journeys.unconverted_paths(
        list(conversions.values()), list(sessions.values())
    )
    return markov.removal_effects([path for path in converting if path], others)


def expected_credits(site: str) -> dict[tuple[str, str, int], tuple]:
    """Credit every conversion of a sample, by the reference."""
    _, conversions, found = shop(site)
    effects = {name: rounded(effect, 12) for name, effect in effects_of(site).items()}
    rules: dict[str, Rule] = dict(attribution.MODELS)
    rules["markov"] = lambda touches: markov.weights(touches, effects)
    if site != "company_x":
        del rules["provided"]
    return {
        (model, credit.conversion.conversion_id, credit.touch_number): (
            credit.touch and credit.touch.session_id,
            credit.share,
            credit.cents,
        )
        for model, rule in rules.items()
        for credit in attribution.credited(list(conversions.values()), found, rule)
    }


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
        if actual[channel] != rounded(effect, 12)
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
        if actual[key] != expected[key]
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
    models: dict[str, Rule] = dict(attribution.MODELS)
    del models["provided"]
    models["markov"] = lambda journey: markov.weights(journey, effects)
    expected = {
        name: [
            f"{part / 100:.2f}"
            for _, part in attribution.credits(touches, rule(touches), 10_000)
        ]
        for name, rule in models.items()
    }
    lines = (PROJECT / "docs" / "attribution.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    written = {row[1]: row[2:6] for row in rows if len(row) == 8 and row[1] in models}
    assert written == expected
