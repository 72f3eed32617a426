"""The marts against an independent reading of the definitions, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import pytest

import reference
from reference import Conversion, Session, Touch
from support import SEEDS, Build, Row, read_rows

NEVER = datetime(1970, 1, 1)
DIRECT = "Direct Traffic"


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
                row["channel_name"] == DIRECT,
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
            session.is_direct,
            weight,
        )
    return {key: reference.in_order(found.values()) for key, found in touches.items()}


def expected_credits(site: str) -> dict[tuple[str, str, int], tuple]:
    """Credit every conversion of a sample, by the reference."""
    models = list(reference.MODELS)
    if site == "company_x":
        sessions = sessions_of(read_rows(SEEDS / site / "session_sources.csv"))
        conversions = conversions_2021()
        journeys = journeys_2021(conversions, sessions)
    else:
        rows = read_rows(SEEDS / site / "company_x_2023__session_sources.csv")
        conversions = {c.conversion_id: c for c in conversions_2023()}
        journeys = reference.journeys(
            list(conversions.values()), list(sessions_of(rows).values())
        )
        models.remove("provided")
    expected: dict[tuple[str, str, int], tuple] = {}
    for model in models:
        for key, touches in journeys.items():
            amount = conversions[key].cents
            if not touches:
                expected[model, key, 0] = None, Decimal(1), amount
            shared = reference.credits(touches, model, amount) if touches else []
            for number, (touch, (share, part)) in enumerate(
                zip(touches, shared, strict=True), start=1
            ):
                expected[model, key, number] = touch.session_id, share, part
    return expected


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
        # a power of two is no fraction: the last of 12 places may differ
        if actual[key][0] != expected[key][0]
        or abs(actual[key][1] - expected[key][1]) > Decimal("1e-12")
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
        "select sum(cost), sum(clicks) from marts.fct_campaign_days"
    ) == [(billed, clicks)]
