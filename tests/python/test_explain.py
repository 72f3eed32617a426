"""One conversion explained: what is said of it, and what is said where it is not there.

What counts is read a second time from the seeds, not from the tables that the script
reads.
"""

from __future__ import annotations

import io
import re
import shutil
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

import explain
from support import SEEDS, Build, Row, as_table, environment, read_rows

COMPANY_X = SEEDS / "company_x"
COMPANY_X_2023 = SEEDS / "company_x_2023"
LONG_ID = "0123456789abcdef" * 4


@dataclass(frozen=True)
class Printed:
    """What one run of the script printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """The page with its line breaks and columns taken out."""
        return " ".join(self.out.split())

    def section(self, number: int) -> str:
        """Cut out one section."""
        return re.split(r"\n\n(?=\d\. )", self.out)[number]

    def cells(self, heading: str, number: int = 4) -> dict[str, list[str]]:
        """Read a section's tables: a column of all, by what stands before them."""
        found: dict[str, list[str]] = {}
        lines = self.section(number).splitlines()
        for place, line in enumerate(lines):
            if not re.fullmatch(r"  [- ]+", line) or heading not in lines[place - 1]:
                continue
            start = [match.start() for match in re.finditer("-+", line)]
            end = [match.end() for match in re.finditer("-+", line)]
            names = [
                lines[place - 1][a:b].strip() for a, b in zip(start, end, strict=True)
            ]
            if heading not in names:
                continue
            column = names.index(heading)
            found[lines[place - 2].strip()] = []
            for row in lines[place + 1 :]:
                if ":" in row[: end[0]] or len(row) < end[0] or not row[2:].strip():
                    break
                cell = row[start[column] : end[column]].strip()
                if not re.fullmatch(r"\d+|sum", row[start[0] : end[0]].strip()):
                    break
                found[lines[place - 2].strip()].append(cell)
        return found


def explained(database: Path, *arguments: str) -> Printed:
    """Run the script on a working database."""
    out, err = io.StringIO(), io.StringIO()
    with (
        environment(TRIBUTARY_DB=str(database)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = explain.main(list(arguments))
    return Printed(code, out.getvalue(), err.getvalue())


def seed(name: str, conversion_id: str) -> list[Row]:
    """Read the rows that a seed of 2021 has of a conversion."""
    rows = read_rows(COMPANY_X / f"{name}.csv")
    return [row for row in rows if row["conv_id"] == conversion_id]


@pytest.fixture
def database(sample: Build, tmp_path: Path) -> Path:
    """Copy the working database, to be damaged."""
    return Path(shutil.copy(sample.database, tmp_path / "tributary.duckdb"))


def change(database: Path, sql: str) -> None:
    """Change a working database."""
    with duckdb.connect(str(database)) as conn:
        conn.execute(sql)


def change_credits(database: Path, sql: str) -> None:
    """Change the credits of a working database, where they are a view."""
    for statement in [*as_table("marts.fct_attribution_credits"), sql]:
        change(database, statement)


# both sides


def test_of_a_duplicate_the_kept_row_and_the_rejected_one_are_told(
    sample: Build,
) -> None:
    (booked,) = seed("conversions_backend", "conv_id_12489")
    agreeing, other = sorted(
        seed("conversions", "conv_id_12489"),
        key=lambda row: row["user_id"] != booked["user_id"],
    )

    said = explained(sample.database, "conv_id_12489").section(1)

    assert agreeing["user_id"] == booked["user_id"] != other["user_id"]
    verdicts = {
        user: re.search(rf"{user} .* (\w+)$", said, re.MULTILINE)[1]
        for user in (agreeing["user_id"], other["user_id"])
    }
    assert verdicts == {agreeing["user_id"]: "kept", other["user_id"]: "rejected"}
    assert "Row 1 is kept: it agrees with the backend on user and day." in said


def test_a_purchase_that_is_repeated_is_told_as_fct_rejected_rows_does() -> None:
    rows = [copy_of("a", 1), copy_of("b", 1)]

    told = explain.why_tracked_row(rows, has_backend=False)

    assert told.endswith("Rejected: transaction_id is repeated.")
    rows[1]["raw_table"] = "conversions"
    told = explain.why_tracked_row(rows, has_backend=False)
    assert told.endswith("Rejected: conversion_id is repeated.")


def copy_of(user_id: str | None, day: int, *, is_as_booked: bool = False) -> Row:
    """Write what decides between two tracked rows of a conversion."""
    return {
        "raw_table": "events",
        "user_id": user_id,
        "conversion_date": date(2024, 3, day),
        "is_as_booked": is_as_booked,
    }


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (copy_of("a", 2), copy_of("b", 1), "it has the smallest user_id"),
        (copy_of("a", 2), copy_of(None, 1), "it has the smallest user_id"),
        (
            copy_of("a", 1),
            copy_of("a", 2),
            "of those of the smallest user_id it has the earliest day",
        ),
        (
            copy_of("a", 1),
            copy_of("a", 1),
            "of those of one user and day the first that was cancelled is kept, else "
            "the earliest",
        ),
    ],
)
def test_of_copies_the_reason_is_what_decides(
    first: Row, second: Row, why: str
) -> None:
    told = explain.why_tracked_row([first, second], has_backend=False)

    assert told.startswith(f"Row 1 is kept: {why}. Rejected: ")
    told = explain.why_tracked_row([first, second], has_backend=True)
    assert told.startswith(f"Row 1 is kept: none agrees with the backend, and {why}. ")


def test_of_copies_that_all_agree_with_the_books_both_reasons_are_told() -> None:
    rows = [copy_of("a", 1, is_as_booked=True), copy_of("a", 1, is_as_booked=True)]

    told = explain.why_tracked_row(rows, has_backend=True)

    assert told.startswith(
        "Row 1 is kept: it agrees with the backend on user and day, and of those of "
        "one user and day the first that was cancelled is kept, else the earliest. "
    )


def test_of_booked_copies_of_one_day_a_smaller_revenue_decides() -> None:
    why = explain.why_booked_row([copy_of("a", 1), copy_of("a", 1)])

    assert why.startswith(
        "Row 1 is kept: of those of one user and day the first that was cancelled is "
        "kept, else that of the smallest revenue. "
    )


def test_of_duplicates_that_all_differ_from_the_books_the_smallest_user_is_kept(
    sample: Build,
) -> None:
    users = sorted(row["user_id"] for row in seed("conversions", "conv_id_17318"))

    said = explained(sample.database, "conv_id_17318")

    assert re.search(
        rf"1 .* {users[0]} .* kept\n +2 .* {users[1]} .* rejected", said.out
    )
    assert "none agrees with the backend, and it has the smallest user_id" in said.text
    assert f"the backend's word; the tracker says {users[0]}" in said.text


def test_a_row_refused_by_staging_is_shown_as_it_came(sample: Build) -> None:
    said = explained(sample.database, "conv_id_19114").section(1)

    (raw,) = seed("conversions", "conv_id_19114")
    assert "The tracker has no row that can be read." in said
    assert "- conversions: revenue is not an amount" in said
    assert f'revenue: "{raw["revenue"]}"' in said


def test_a_conversion_of_which_nothing_can_be_read_is_no_unknown_one(
    sample: Build,
) -> None:
    said = explained(sample.database, "0f7a0a9df3fa6d79")

    assert said.code == 0
    assert "conversions: revenue is not an amount" in said.text
    assert "Nothing: no row of it could be read as a conversion" in said.text


@pytest.mark.parametrize(
    ("conversion_id", "refused"),
    [
        (
            "k-xxx",
            "- conversions: no exchange rate for XXX on 2024-10-15 "
            'conversion_id: "k-xxx", user_id: "u-001"',
        ),
        (
            "k-staff",
            "- conversions: excluded user: staff "
            'conversion_id: "k-staff", user_id: "u-staff"',
        ),
    ],
)
def test_a_row_that_was_read_and_then_refused_is_told_with_its_reason(
    sample: Build, conversion_id: str, refused: str
) -> None:
    said = explained(sample.database, conversion_id)

    assert said.code == 0
    assert f"Read, and then refused, now in fct_rejected_rows: {refused}" in said.text
    assert "No row of the tracker counts." in said.section(1)
    assert "Nothing: no row of it counts, for what is said above" in said.text
    assert "could be read" not in said.text


def test_the_side_that_was_refused_is_told_beside_the_one_that_counts(
    database: Path,
) -> None:
    of_it = "where conversion_id = 'conv_id_17989'"
    checked = "intermediate.int_backend_conversions_checked"
    for statement in [
        *as_table(checked),
        f"update {checked} set rejection_reason = 'no rate', raw_row = '{{\"a\": 1}}' "
        f"{of_it}",
        "insert into intermediate.int_conversions_refused "
        f"select property, conversion_id, rejection_reason from {checked} {of_it}",
        f"delete from intermediate.int_backend_conversions_numbered {of_it}",
    ]:
        change(database, statement)

    said = explained(database, "conv_id_17989")

    first = " ".join(said.section(1).split())
    assert "The tracker, 1 row:" in first
    assert "No row of the backend counts." in first
    assert first.endswith(
        "Read, and then refused, now in fct_rejected_rows: - conversions_backend: "
        "no rate a: 1"
    )


def test_a_conversion_is_found_by_what_was_refused_after_reading(
    database: Path,
) -> None:
    """As that of GA4 or Afisha, whose raw rows call its id otherwise."""
    for table in ("conversions", "backend_conversions"):
        change(database, f"delete from staging.base_contract__{table}")

    assert explained(database, "k-xxx").out.startswith(
        "Conversion k-xxx of corner_shop\n"
    )


def test_an_exchanged_amount_is_told_as_it_came_with_its_rate(sample: Build) -> None:
    (raw,) = [
        row
        for row in read_rows(SEEDS / "corner_shop" / "corner_shop__conversions.csv")
        if row["conversion_id"] == "k-005"
    ]
    rates = sorted(
        (row["date"], row["rate"])
        for row in read_rows(SEEDS / "mappings" / "exchange_rates.csv")
        if row["currency"] == raw["currency"] == "XTS"
        and row["date"] <= raw["converted_at"][:10]
    )
    rate = Decimal(rates[-1][1]).normalize()
    worth = (Decimal(raw["revenue"]) * rate).quantize(Decimal("0.01"))

    said = explained(sample.database, "k-005").text

    assert (
        f"Row 1 came as {raw['revenue']} XTS: at {rate:f}, the rate that holds on "
        f"{raw['converted_at'][:10]}, that is {worth} EUR."
    ) in said
    assert "came as" not in explained(sample.database, "k-002").text


def test_between_two_listed_currencies_both_rates_are_told() -> None:
    row = {
        "copy_number": 2,
        "currency": "USD",
        "raw_revenue": Decimal("100.00"),
        "revenue": Decimal("81.82"),
        "conversion_date": date(2024, 3, 1),
        "rate": Decimal("0.9000000000"),
        "own_rate": Decimal("1.1000000000"),
    }

    assert explain.how_exchanged(row, "CHF") == (
        "Row 2 came as 100.00 USD: at 0.9 over 1.1, the rates that hold on 2024-03-01, "
        "that is 81.82 CHF."
    )
    assert explain.how_exchanged(row | {"currency": "CHF"}, "CHF") is None
    assert explain.how_exchanged(row | {"currency": None}, "CHF") is None
    nothing = {"raw_revenue": Decimal(0), "revenue": Decimal(0), "rate": None}
    assert explain.how_exchanged(row | nothing, "CHF") is None


# what counts


def test_what_the_books_lack_is_not_counted_and_earns_nothing(sample: Build) -> None:
    (tracked,) = seed("conversions", "conv_id_3637")

    said = explained(sample.database, "conv_id_3637")

    assert seed("conversions_backend", "conv_id_3637") == []
    assert "The backend has no row that can be read." in said.section(1)
    assert "missing_in_backend: tracked, and the books never got it" in said.text
    assert "counted no: the backend has no row of it" in said.text
    assert "revenue 0.00 EUR" in said.text
    assert tracked["revenue"] in said.section(1)
    assert "what does not count has no credit in any model" in said.section(4)
    assert said.cells("cents") == {}


@pytest.mark.parametrize(
    ("conversion_id", "time_and_reason"),
    [
        (
            "conv_id_8104",
            "2021-07-09 23:59:59.999999 UTC: the last microsecond of the day that "
            "counts, as the tracker gives no time",
        ),
        (
            "conv_id_450",
            "23:59:59.999999 UTC: the last microsecond of the day that counts, as no "
            "tracker saw it",
        ),
        (
            "c2f5af4f4e52a42a",
            "2023-08-29 22:33:39 UTC: the tracker's timestamp, on the day that counts",
        ),
        # an instant, and a time of the property's clock: both are timestamps
        (
            "k-002",
            "2024-10-02 10:18:28 UTC: the tracker's timestamp, on the day that counts "
            "(2024-10-02 12:18:28 in Europe/Berlin)",
        ),
        (
            "k-004",
            "2024-10-04 10:43:51 UTC: the tracker's timestamp, on the day that counts "
            "(2024-10-04 12:43:51 in Europe/Berlin)",
        ),
    ],
)
def test_the_time_is_told_with_its_reason(
    sample: Build, conversion_id: str, time_and_reason: str
) -> None:
    assert time_and_reason in explained(sample.database, conversion_id).text


def test_a_timestamp_on_another_day_is_told() -> None:
    settled = {"conversion_date": datetime(2021, 7, 9).date()}
    tracked = [{"converted_at_local": datetime(2021, 7, 8, 12)}]

    why = explain.why_time(settled, tracked, "UTC")

    assert why == (
        "the last microsecond of the day that counts, as the tracker's timestamp, "
        "2021-07-08 12:00:00, is on another day"
    )


# journeys


def test_a_conversion_without_touchpoint_keeps_its_revenue(sample: Build) -> None:
    (booked,) = seed("conversions_backend", "conv_id_6098")

    said = explained(sample.database, "conv_id_6098")

    assert seed("attribution_customer_journey", "conv_id_6098") == []
    assert "No touchpoint: the journey table has no row of it." in said.section(3)
    assert (
        f"All of its {booked['revenue']} EUR stands under (no touchpoint)"
        in said.section(4)
    )
    assert f"linear: share 1, {booked['revenue']} EUR, the revenue" in said.section(4)


def test_the_cents_of_a_journey_add_up_to_the_books(sample: Build) -> None:
    booked = {
        row["conv_id"]: row["revenue"]
        for row in read_rows(COMPANY_X / "conversions_backend.csv")
    }
    lengths = Counter(
        row["conv_id"]
        for row in read_rows(COMPANY_X / "attribution_customer_journey.csv")
    )
    conversion_id = max(
        (name for name in booked if lengths[name] > 4), key=lambda n: (lengths[n], n)
    )
    cents = int(Decimal(booked[conversion_id]) * 100)

    said = explained(sample.database, conversion_id)

    columns = said.cells("cents")
    (models,) = sample.rows(
        "select count(distinct attribution_model) from marts.fct_attribution_credits"
    )
    assert len(columns) == models[0]
    for *steps, total in columns.values():
        assert len(steps) == lengths[conversion_id]
        assert sum(map(int, steps)) == int(total) == cents
    rounded = {model: column[-2] for model, column in said.cells("rounded").items()}
    assert rounded == dict.fromkeys(columns, str(cents))
    assert "BUT" not in said.out


def test_provided_weights_are_those_of_the_journey_table(sample: Build) -> None:
    weights = [
        f"{float(row['ihc']):.6f}".rstrip("0").rstrip(".")
        for row in seed("attribution_customer_journey", "conv_id_15119")
    ]

    said = explained(sample.database, "conv_id_15119", "--model", "provided")

    (in_journey,) = said.cells("weight", 3).values()
    *shown, total = said.cells("weight")["provided"]
    assert in_journey == shown
    assert sorted(shown) == sorted(weights)
    assert total == "1"
    assert list(said.cells("cents")) == ["provided"]


def test_what_is_odd_about_a_touch_stands_beside_it(sample: Build) -> None:
    late = explained(sample.database, "conv_id_15119").section(3)
    crossing = explained(sample.database, "conv_id_3192").section(3)

    assert re.search(r"session_id_570466 .* after T$", late, re.MULTILINE)
    assert "Touch 5 began at 2021-07-05 16:52:59, after the conversion" in late
    assert re.search(r"session_id_1117895 .* other user$", crossing, re.MULTILINE)


@pytest.mark.parametrize(
    ("conversion_id", "reason"),
    [
        ("conv_id_3785", "session_id_660851 1 session_id is unknown"),
        ("conv_id_10749", "ihc is not a weight"),
        ("conv_id_9379", "conv_id, session_id is repeated"),
        ("conv_id_14412", "conversion_id is unknown"),
    ],
)
def test_rejected_journey_rows_have_their_reason(
    sample: Build, conversion_id: str, reason: str
) -> None:
    said = explained(sample.database, conversion_id)

    assert said.code == 0
    assert reason in " ".join(said.out.split("\n2. ")[1].split())


def test_a_journey_table_of_which_all_is_refused_is_no_side(database: Path) -> None:
    change(
        database,
        "update staging.base_company_x__attribution_customer_journey "
        "set rejection_reason = 'ihc is not a weight', raw_row = '{\"ihc\": \"n/a\"}'",
    )
    for table in ("int_provided_journeys_checked", "int_touchpoints"):
        change(database, f"delete from intermediate.{table}")
    refused = '- attribution_customer_journey: ihc is not a weight ihc: "n/a"'

    said = explained(database, "conv_id_10749")

    assert "attribution_customer_journey" not in said.section(1)
    journey = " ".join(said.section(3).split())
    assert "No touchpoint: every journey row of it was rejected." in journey
    assert journey.count(refused) == 2


def test_the_lookback_window_holds_the_sessions_of_the_user(sample: Build) -> None:
    (tracked,) = [
        row
        for row in read_rows(COMPANY_X_2023 / "company_x_2023__conversions.csv")
        if row["conv_id"] == "71d1f995416a7107"
    ]
    end = datetime.fromisoformat(f"{tracked['conv_date']} {tracked['conv_time']}")
    begin = end - timedelta(days=90)
    sessions = sorted(
        (f"{row['event_date']} {row['event_time']}", row["session_id"])
        for row in read_rows(COMPANY_X_2023 / "company_x_2023__session_sources.csv")
        if row["user_id"] == tracked["user_id"]
    )
    inside = [
        session for at, session in sessions if begin < datetime.fromisoformat(at) <= end
    ]

    said = explained(sample.database, "71d1f995416a7107")

    assert f"after {begin} UTC up to {end} UTC, the time T" in said.text
    assert said.cells("session_id", 3).popitem()[1] == inside
    assert len(inside) > 1
    assert "BUT" not in said.out


def test_another_lookback_than_the_builds_is_noticed(sample: Build) -> None:
    said = explained(
        sample.database, "71d1f995416a7107", "--vars", "{lookback_days: 0.001}"
    )

    assert "within the lookback of 0.001 days" in said.text
    assert re.search(
        "BUT that makes a journey of [0-4], and the build has one of 5", said.text
    )


def test_a_journey_may_begin_at_the_conversion_before() -> None:
    end, previous = datetime(2023, 9, 10), datetime(2023, 9, 4)
    lookback = timedelta(days=5)

    assert explain.Window(lookback).begin(end, end) == datetime(2023, 9, 5)
    assert explain.Window(lookback, True).begin(end, None) == datetime(2023, 9, 5)
    assert explain.Window(lookback, True).begin(end, previous) == datetime(2023, 9, 5)
    assert explain.Window(lookback * 2, True).begin(end, previous) == previous


def test_the_conversion_before_is_told_as_the_beginning(sample: Build) -> None:
    conversions = [
        row
        for row in read_rows(COMPANY_X_2023 / "company_x_2023__conversions.csv")
        if row["user_id"] and re.fullmatch(r"[\d.]+", row["revenue"])
    ]
    times = sorted((r["user_id"], r["conv_date"], r["conv_time"]) for r in conversions)
    first, second = next(
        (one, two) for one, two in pairwise(times) if one[0] == two[0] and one != two
    )
    (conversion_id,) = [
        row["conv_id"]
        for row in conversions
        if (row["user_id"], row["conv_date"], row["conv_time"]) == second
    ]
    variables = "{new_journey_after_conversion: true}"

    said = explained(sample.database, conversion_id, "--vars", variables)

    assert f"after {' '.join(first[1:])} UTC, the user's conversion before" in said.text


def test_weights_are_shown_with_their_running_total(sample: Build) -> None:
    said = explained(sample.database, "conv_id_17989", "--model", "shapley")

    assert said.cells("weight") == {"shapley": ["1", "1", "1", "3"]}
    assert said.cells("running") == {"shapley": ["1", "2", "3", ""]}
    assert said.cells("running share")["shapley"][0] == "0.333333333333"


def test_a_model_of_any_name_is_shown(database: Path) -> None:
    change_credits(
        database,
        "update marts.fct_attribution_credits set attribution_model = 'own' "
        "where attribution_model = 'linear'",
    )

    said = explained(database, "conv_id_17989")

    assert said.cells("running share")["own"][1] == "0.666666666667"
    assert said.cells("share")["own"][-1] == "1.000000000000"
    assert "linear" not in said.out


def test_credits_that_do_not_add_up_are_noticed(database: Path) -> None:
    change_credits(
        database,
        "update marts.fct_attribution_credits "
        "set credited_revenue = credited_revenue + 0.01 "
        "where conversion_id = 'conv_id_17989' and attribution_model = 'linear' "
        "and touch_number = 2",
    )

    said = explained(database, "conv_id_17989", "--model", "linear")

    assert "linear: share 1, 36.33 EUR, BUT the revenue is 36.32" in said.text
    assert "BUT the rounded cents have steps of [1211, 1210, 1211]" in said.text


# the page


def test_a_page_is_100_columns_wide_at_most(database: Path) -> None:
    for table in ("int_sessions", "int_touchpoints", "int_touchpoints_credited"):
        change(
            database,
            f"update intermediate.{table} "
            "set session_id = md5(session_id) || md5(session_id || 'x')",
        )

    said = explained(database, "conv_id_15119")

    ids = re.findall(r"^  ([0-9a-f]{64})$", said.out, re.MULTILINE)
    assert max(map(len, said.out.splitlines())) <= explain.WIDTH
    assert len(set(ids)) == len(ids) == 5
    for long_id in ids:
        assert re.search(rf"{long_id[:9]}[0-9a-f]*…[0-9a-f]*{long_id[-9:]}", said.out)


def test_long_ids_are_shortened_in_a_table_and_stand_in_full_once() -> None:
    page = explain.Page()

    page.table({"a": [LONG_ID, "1"], "b": ["x" * 60, LONG_ID], ">c": [1, 2]}, "a", "b")

    text = page.text()
    assert text.count(LONG_ID) == 1
    assert "…" in text
    assert max(map(len, text.splitlines())) == explain.WIDTH


def test_a_table_is_as_wide_as_its_cells() -> None:
    page = explain.Page()

    page.table({">n": [1, 10], "id": ["abc", None]}, "id")

    assert page.text() == "   n  id\n  --  ---\n   1  abc\n  10  -"


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("abcdefghij", 10, "abcdefghij"),
        ("abcdefghijk", 10, "abcde…hijk"),
        ("abcdefghijk", 9, "abcd…hijk"),
    ],
)
def test_both_ends_of_a_shortened_text_stay(text: str, width: int, short: str) -> None:
    assert explain.shorten(text, width) == short


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert explain.plain("a\x1b[2J\nb…é") == "a\\x1b[2J\\nb…é"


@pytest.mark.parametrize(
    ("value", "most", "text"),
    [
        ("0.500000", 6, "0.5"),
        ("3.000000", 6, "3"),
        ("100", 6, "100"),
        ("0.0000001", 6, "0"),
        ("1210.666666665456", 12, "1210.666666665456"),
    ],
)
def test_numbers_lose_the_zeros_at_their_end(value: str, most: int, text: str) -> None:
    assert explain.places(Decimal(value), most) == text


@pytest.mark.parametrize(
    ("value", "cents"), [("1.5", 2), ("1.499999999999", 1), ("0", 0), ("-1.5", -1)]
)
def test_half_a_cent_goes_up(value: str, cents: int) -> None:
    assert explain.rounded_half_up(Decimal(value)) == cents


# what cannot be explained


def test_an_unknown_id_is_one_line_with_the_nearest(sample: Build) -> None:
    said = explained(sample.database, "conv_id_1511x")

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("No conversion is called conv_id_1511x; nearest are ")
    assert "conv_id_15119" in said.err
    assert said.err.count("\n") == 1


def test_an_id_cut_off_is_met_by_its_beginning(sample: Build) -> None:
    said = explained(sample.database, "71…")

    assert "nearest are 71d1f995416a7107, " in said.err


def test_an_id_of_several_properties_asks_which(database: Path) -> None:
    change(
        database,
        "update intermediate.int_conversions set conversion_id = 'conv_id_17989' "
        "where conversion_id = 'c2f5af4f4e52a42a'",
    )

    said = explained(database, "conv_id_17989")
    chosen = explained(database, "conv_id_17989", "--property", "company_x")

    assert said.code == 1
    assert said.err == (
        "conv_id_17989 is in company_x and company_x_2023: choose one with "
        "PROPERTY=company_x (--property company_x).\n"
    )
    assert chosen.out.startswith("Conversion conv_id_17989 of company_x\n")


def test_a_refund_is_told_as_one(sample: Build) -> None:
    ((key, day, amount),) = sample.rows(
        "select conversion_id, conversion_date, refunded_revenue "
        "from marts.fct_conversions where is_refund and user_id is null"
    )
    said = explained(sample.database, key)

    assert (said.code, said.err) == (0, "")
    words = " ".join(said.out.split())
    assert f"{amount} USD paid back to user - on {day}" in words
    assert "3. The journey" not in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "Name a conversion: make explain ID=conv_id_123"),
        (
            ["conv_id_17989", "--property", "elsewhere"],
            "elsewhere is no property; there are afisha, company_x, company_x_2023, "
            "corner_shop, vestiaire, vivid_seats.",
        ),
        (
            ["conv_id_17989", "--property", "company_x_2023"],
            "conv_id_17989 is in company_x, not in company_x_2023.",
        ),
        (
            ["c2f5af4f4e52a42a", "--model", "provided"],
            "company_x_2023 has no attribution model provided; it has first_touch",
        ),
        (
            ["conv_id_17989", "--vars", "["],
            "These are no vars of the build: [",
        ),
        (
            ["conv_id_17989", "--vars", "{lookback_day: 30}"],
            "var lookback_day is none of this project; dbt_project.yml has them all.",
        ),
        (["' or true --"], "No conversion is called ' or true --; nearest are "),
    ],
)
def test_what_makes_no_sense_is_one_line(
    sample: Build, arguments: list[str], message: str
) -> None:
    said = explained(sample.database, *arguments)

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(message)
    assert said.err.count("\n") == 1


def test_a_missing_database_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "tributary.duckdb"

    said = explained(missing, "conv_id_17989")

    assert (said.code, said.out) == (1, "")
    assert said.err == f"{missing} does not exist: run make build first.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_the_tables_is_one_line(database: Path) -> None:
    change(database, "drop view intermediate.int_touchpoints_weighted")

    said = explained(database, "conv_id_17989")

    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f"{database} lacks int_touchpoints_weighted: run make build first.\n"
    )


def test_a_database_under_build_is_one_line(database: Path) -> None:
    database.write_text("not a database")

    said = explained(database, "conv_id_17989")

    assert (said.code, said.out) == (1, "")
    assert "cannot be opened" in said.err
    assert said.err.count("\n") == 1
