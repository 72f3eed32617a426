"""The owners' questions: how answers are written, and whether they are right.

What an answer says is worked out a second time here in plain Python, from the seeds or
from single rows of the published marts.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import duckdb
import pytest

import answers
from support import PROJECT, SEEDS, Row, Written, environment, read_rows

ANALYSES = sorted((PROJECT / "analyses").glob("*/*.sql"))
NAMES = [path.stem for path in ANALYSES]
ALL = "(all)"
COMPANY_X = SEEDS / "company_x"


def ask(published: Path, sql: str) -> list[tuple[Any, ...]]:
    """Read rows of the published file."""
    with duckdb.connect(str(published), read_only=True) as conn:
        return conn.execute(sql).fetchall()


def is_day(text: str) -> bool:
    """Tell whether the text is a date of the calendar."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_amount(text: str) -> bool:
    """Tell whether the text is a plain number."""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def billed_rows() -> list[Row]:
    """Read the rows of the ad account that can be read."""
    return [
        row
        for row in read_rows(COMPANY_X / "api_adwords_costs.csv")
        if row["campaign_id"] and is_day(row["event_date"]) and is_amount(row["cost"])
    ]


def readable_sessions() -> dict[str, Row]:
    """Read the sessions that can be read; of repeated ones the first by all columns."""
    sessions: dict[str, Row] = {}
    raw_rows = read_rows(COMPANY_X / "session_sources.csv")
    for row in sorted(raw_rows, key=lambda row: tuple(row.values())):
        try:
            datetime.fromisoformat(f"{row['event_date']} {row['event_time']}")
        except ValueError:
            continue
        if row["session_id"] and (not row["cpc"] or is_amount(row["cpc"])):
            sessions.setdefault(row["session_id"], row)
    return sessions


def totals(keys_and_values: list[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Add up the values of each key, and of all together."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for key, value in keys_and_values:
        sums[key] += value
        sums[ALL] += value
    return dict(sums)


# how an answer is written


def test_the_heading_is_the_comment_in_the_first_line() -> None:
    sql = "-- Which way, and why?\n--\n-- More words.\nselect 1"

    assert answers.heading(sql) == "Which way, and why?"


@pytest.mark.parametrize("sql", ["select 1", "--\nselect 1", "", "\n{# a note #}"])
def test_an_analysis_without_a_question_is_refused(sql: str) -> None:
    with pytest.raises(answers.AnswersError, match="asks no question"):
        answers.heading(sql)


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-cmd", "@sum(a1)", "\t=1", "\r=1", "-", "+49 30", "-1-1"]
)
def test_text_that_a_spreadsheet_would_run_is_escaped(text: str) -> None:
    assert answers.escaped(text) == "'" + text


@pytest.mark.parametrize(
    "text", ["", "-1", "+2.50", "-.5", "-1e-9", "a=b", "(all)", "'=1", " =1", "2021"]
)
def test_other_text_stays(text: str) -> None:
    assert answers.escaped(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (Decimal("-1.50"), "-1.50"),
        (Decimal("0E-12"), "0.000000000000"),
        (-0.25, "-0.25"),
        (-3, "-3"),
        (date(2021, 7, 1), "2021-07-01"),
        ("@home", "'@home"),
    ],
)
def test_values_become_text(value: object, text: str) -> None:
    assert answers.cell(value) == text


def test_an_answer_is_question_columns_and_rows(tmp_path: Path) -> None:
    answer = answers.Answer(["name", "cost"], [("=a, b", Decimal("-0.10")), (None, 1)])
    path = tmp_path / "folder" / "answer.csv"

    answers.write_csv(path, answers.csv_lines("Which, and why?", answer))

    assert path.read_bytes() == (
        b'"Which, and why?"\nname,cost\n"\'=a, b",-0.10\n,1\n'  # no other line ends
    )


def test_nothing_published_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "tributary.duckdb"

    with environment(TRIBUTARY_PUBLISHED=str(missing)):
        code = answers.main(["--out", str(tmp_path / "answers")])

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert printed.err == f"{missing} does not exist: run make build first\n"
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_marts_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "tributary.duckdb"
    duckdb.connect(str(empty)).close()

    with environment(TRIBUTARY_PUBLISHED=str(empty)):
        code = answers.main(["--out", str(tmp_path / "answers")])

    errors = capsys.readouterr().err
    assert code == 1
    assert errors.count("\n") == 1
    assert "does not exist" in errors


# every question has its answer


def test_each_question_is_asked_once() -> None:
    questions = [answers.heading(path.read_text()) for path in ANALYSES]

    assert all(question.endswith("?") for question in questions)
    assert len(set(questions)) == len(questions)


@pytest.mark.parametrize("path", ANALYSES, ids=NAMES)
def test_each_analysis_yields_its_question_and_rows(
    path: Path, written: Written
) -> None:
    heading, columns, *rows = written.lines(path.stem)

    assert heading == [answers.heading(path.read_text())]
    assert columns[0] == "property"
    assert len(set(columns)) == len(columns)
    assert path.parent.name in {row[0] for row in rows}
    assert {len(row) for row in rows} == {len(columns)}
    assert len({tuple(row) for row in rows}) == len(rows)


@pytest.mark.parametrize("path", ANALYSES, ids=NAMES)
def test_each_analysis_reads_marts_only(path: Path) -> None:
    marts = {model.stem for model in (PROJECT / "models" / "marts").rglob("*.sql")}
    read = {part.split("'")[1] for part in path.read_text().split("ref(")[1:]}

    assert read
    assert read <= marts


def test_one_line_is_printed_for_each_file(written: Written) -> None:
    lines = written.output.splitlines()

    assert len(lines) == len(ANALYSES)
    for path, line in zip(ANALYSES, lines, strict=True):
        row_count = len(written.lines(path.stem)) - 2
        question = answers.heading(path.read_text())
        assert line.endswith(f"{path.stem}.csv: {row_count} rows: {question}")


def test_a_second_run_writes_the_same_and_leaves_the_published_file(
    written: Written, published: Path, tmp_path: Path
) -> None:
    before = hashlib.sha256(published.read_bytes()).hexdigest()

    list(answers.write_answers(published, tmp_path))

    for path in written.folder.rglob("*.csv"):
        again = tmp_path / path.relative_to(written.folder)
        assert again.read_bytes() == path.read_bytes()
    assert hashlib.sha256(published.read_bytes()).hexdigest() == before


def test_a_property_without_campaigns_has_channels_all_the_same(
    written: Written,
) -> None:
    assert written.rows("adwords_cost_coverage", "company_x_2023") == []
    assert written.rows("tracking_against_backend", "company_x_2023") == []
    assert written.rows("attribution_weights", "company_x_2023") == []
    assert len(written.rows("channels", "company_x_2023")) > 2
    assert {row["campaign_id"] for row in written.rows("campaigns", "company_x_2023")}


# every answer agrees with what it is made of


def test_billed_costs_and_clicks_are_those_of_the_ad_account(written: Written) -> None:
    rows = billed_rows()
    costs = totals([(row["campaign_id"], Decimal(row["cost"])) for row in rows])
    clicks = totals(
        [
            (row["campaign_id"], Decimal(row["clicks"]))
            for row in rows
            if row["clicks"].isdigit()
        ]
    )

    for name in ("adwords_cost_coverage", "click_costs_by_campaign", "campaigns"):
        answered = written.numbers(name, "campaign_id", "cost")
        assert {key: cost for key, cost in answered.items() if cost} == costs
    by_channel = {row["channel"]: row for row in written.rows("click_costs_by_channel")}
    assert Decimal(by_channel[ALL]["ad_cost"]) == costs[ALL]
    assert Decimal(by_channel[ALL]["clicks"]) == clicks[ALL]
    for row in written.rows("click_costs_by_campaign"):
        key = row["campaign_id"]
        if clicks.get(key):
            assert Decimal(row["clicks"]) == clicks[key]
            assert float(row["cpc"]) == pytest.approx(float(costs[key] / clicks[key]))
        else:
            assert row["cpc"] == ""


def test_uncovered_costs_are_those_of_the_campaign_days(
    written: Written, published: Path
) -> None:
    days = ask(
        published,
        "select campaign_id, cost, session_cost, status from marts.fct_campaign_days "
        "where property = 'company_x'",
    )
    gaps = [(key, cost - session_cost) for key, cost, session_cost, _ in days]
    uncovered = totals([(key, max(gap, Decimal(0))) for key, gap in gaps])
    unbilled = totals([(key, max(-gap, Decimal(0))) for key, gap in gaps])
    sound = {key for key in uncovered} - {
        key for key, gap in gaps if abs(gap) > Decimal("0.005")
    }
    odd_days = Counter(key for key, *_, status in days if status != "covered")

    rows = written.rows("adwords_cost_coverage")

    assert {row["campaign_id"] for row in rows} == set(uncovered)
    for row in rows:
        key = row["campaign_id"]
        assert Decimal(row["uncovered_cost"]) == uncovered[key]
        assert Decimal(row["unbilled_session_cost"]) == unbilled[key]
        assert Decimal(row["cost_gap"]) == uncovered[key] - unbilled[key]
        assert row["is_fully_covered"] == str(key in sound - {ALL}).lower()
        if key != ALL:
            odd = int(row["day_count"]) - int(row["covered_days"])
            assert odd == odd_days[key]
            assert (row["why"] == "covered on every day") == (odd == 0)


def test_gaps_by_market_and_status_are_those_of_the_conversions(
    written: Written, published: Path
) -> None:
    conversions = ask(
        published,
        "select coalesce(market, '(unknown)'), status, tracked_revenue, backend_revenue"
        " from marts.fct_conversion_reconciliation where property = 'company_x'",
    )
    counts: Counter[tuple[str, str]] = Counter()
    gaps: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for market, status, tracked, backend in conversions:
        for key in ((market, status), (market, ALL), (ALL, status), (ALL, ALL)):
            counts[key] += 1
            gaps[key] += (backend or Decimal(0)) - (tracked or Decimal(0))

    rows = written.rows("tracking_against_backend")

    answered = {(row["market"], row["status"]): row for row in rows}
    assert len(answered) == len(rows)
    assert {key: int(row["conversion_count"]) for key, row in answered.items()} == (
        dict(counts)
    )
    assert {key: Decimal(row["revenue_gap"]) for key, row in answered.items()} == gaps


def test_backend_revenue_is_that_of_the_raw_table(written: Written) -> None:
    booked = {
        row["conv_id"]: Decimal(row["revenue"])
        for row in read_rows(COMPANY_X / "conversions_backend.csv")
        if row["conv_id"] and is_day(row["conv_date"]) and is_amount(row["revenue"])
    }

    rows = written.rows("tracking_against_backend")

    total = next(row for row in rows if row["market"] == row["status"] == ALL)
    assert int(total["backend_count"]) == len(booked)
    assert Decimal(total["backend_revenue"]) == sum(booked.values())


def test_sessions_by_channel_are_those_of_the_raw_table(written: Written) -> None:
    channels = {
        row["source_channel"]: row["channel"]
        for row in read_rows(SEEDS / "mappings" / "channel_mapping.csv")
        if row["property"] == "*"
    }
    names = [row["channel_name"] for row in readable_sessions().values()]
    counts = Counter(channels.get(name, name) for name in names)
    counts[ALL] = len(names)

    for name in ("channelling", "channels", "click_costs_by_channel"):
        answered = written.numbers(name, "channel", "session_count")
        assert {key: count for key, count in answered.items() if count} == counts


def test_spellings_add_up_to_the_channel(written: Written) -> None:
    for row in written.rows("channelling"):
        if row["channel"] == ALL:
            continue
        parts = row["spellings"].split("; ")
        counts = [int(part.rpartition(" (")[2].rstrip(")")) for part in parts]
        assert len(parts) == int(row["spelling_count"])
        assert sum(counts) == int(row["session_count"])


@pytest.mark.parametrize("property_name", ["company_x", "company_x_2023"])
@pytest.mark.parametrize(
    ("name", "key", "columns"),
    [
        ("markets", "market", ["session_count", "conversion_count", "revenue"]),
        (
            "channels",
            "channel",
            ["session_count", "credited_conversions", "credited_revenue", "cost"],
        ),
        (
            "campaigns",
            "campaign_id",
            ["session_count", "credited_conversions", "credited_revenue", "cost"],
        ),
        ("channelling", "channel", ["session_count", "userless_session_count"]),
        ("conversions_by_weekday", "weekday_name", ["conversion_count", "revenue"]),
        ("click_costs_by_channel", "channel", ["cost", "clicks", "session_count"]),
    ],
)
def test_the_parts_add_up_to_all(
    written: Written, name: str, key: str, columns: list[str], property_name: str
) -> None:
    rows = written.rows(name, property_name)

    parts = [row for row in rows if row[key] != ALL]
    (total,) = [row for row in rows if row[key] == ALL]
    assert parts
    for column in columns:
        assert sum(Decimal(row[column]) for row in parts) == Decimal(total[column])


@pytest.mark.parametrize("property_name", ["company_x", "company_x_2023"])
def test_every_answer_holds_all_that_counts(
    written: Written, published: Path, property_name: str
) -> None:
    revenues = [
        revenue
        for name, is_counted, revenue in ask(
            published, "select property, is_counted, revenue from marts.fct_conversions"
        )
        if name == property_name and is_counted
    ]

    def total(name: str, key: str) -> Row:
        rows = written.rows(name, property_name)
        return next(row for row in rows if row[key] == ALL)

    daily = written.rows("channel_reporting", property_name)
    by_day = written.rows("conversions_by_day", property_name)
    models = total("attribution_models", "channel")
    assert sum(Decimal(row["credited_revenue"]) for row in daily) == sum(revenues)
    assert sum(Decimal(row["credited_conversions"]) for row in daily) == len(revenues)
    assert sum(Decimal(row["revenue"]) for row in by_day) == sum(revenues)
    assert sum(int(row["conversion_count"]) for row in by_day) == len(revenues)
    for name, key in (("channels", "channel"), ("campaigns", "campaign_id")):
        assert Decimal(total(name, key)["credited_revenue"]) == sum(revenues)
    assert Decimal(total("markets", "market")["revenue"]) == sum(revenues)
    assert {
        Decimal(value)
        for column, value in models.items()
        if column.endswith("_revenue") and value
    } == {sum(revenues)}


def test_weekdays_vary_as_their_days_do(written: Written, published: Path) -> None:
    days = Counter(
        day
        for (day,) in ask(
            published,
            "select conversion_date from marts.fct_conversions"
            " where property = 'company_x' and is_counted",
        )
    )
    by_weekday: dict[str, list[int]] = defaultdict(list)
    for day, count in days.items():
        by_weekday[f"{day:%A}"].append(count)
        by_weekday[ALL].append(count)

    rows = {row["weekday_name"]: row for row in written.rows("conversions_by_weekday")}

    assert rows.keys() == by_weekday.keys()
    for name, counts in by_weekday.items():
        assert int(rows[name]["day_count"]) == len(counts)
        assert float(rows[name]["median_daily"]) == median(counts)
        assert float(rows[name]["cv"]) == pytest.approx(stdev(counts) / mean(counts))
    assert rows[ALL]["status"] == "spikes"


def test_days_without_conversions_are_shown(written: Written) -> None:
    rows = written.rows("conversions_by_day")

    days = [date.fromisoformat(row["report_date"]) for row in rows]
    assert len(rows) == (days[-1] - days[0]).days + 1
    for row in rows:
        assert (row["conversion_count"] == "0") == (
            row["conversion_status"] == "missing"
        )


def test_the_weights_that_deviate_are_those_of_the_raw_table(written: Written) -> None:
    conversions = {
        row["conv_id"]
        for table in ("conversions", "conversions_backend")
        for row in read_rows(COMPANY_X / f"{table}.csv")
        if row["conv_id"] and is_day(row["conv_date"]) and is_amount(row["revenue"])
    }
    weights = {
        (row["conv_id"], row["session_id"]): Decimal(row["ihc"])
        for row in read_rows(COMPANY_X / "attribution_customer_journey.csv")
        if row["conv_id"] in conversions
        and row["session_id"]
        and is_amount(row["ihc"])
        and Decimal(row["ihc"]) >= 0
    }
    sessions = readable_sessions()
    known = {conversion for conversion, session in weights if session in sessions}
    sums = totals([(key[0], weight) for key, weight in weights.items()])
    off = {key for key in known if abs(sums[key] - 1) > Decimal("0.001")}

    rows = written.rows("attribution_weights")

    assert {row["conversion_id"] for row in rows} - {ALL} == off
    assert int(rows[0]["conversion_count"]) == len(known)
    for row in rows:
        if row["conversion_id"] in off:
            deviation = abs(sums[row["conversion_id"]] - 1)
            assert Decimal(row["deviation"]) == round(deviation, 6)


def test_campaigns_earn_what_their_touches_do(
    written: Written, published: Path
) -> None:
    credits = ask(
        published,
        "select channel, campaign_id, credited_revenue"
        " from marts.fct_attribution_credits"
        " where property = 'company_x' and attribution_model = 'last_non_direct'",
    )
    earned = totals(
        [
            (channel if channel[0] == "(" else campaign or "(no campaign)", revenue)
            for channel, campaign, revenue in credits
        ]
    )

    answered = written.numbers("campaigns", "campaign_id", "credited_revenue")

    assert {key: revenue for key, revenue in answered.items() if revenue} == {
        key: revenue for key, revenue in earned.items() if revenue
    }


@pytest.mark.parametrize(
    ("name", "ratio", "numerator", "denominator"),
    [
        ("adwords_cost_coverage", "cost_coverage", "session_cost", "cost"),
        ("tracking_against_backend", "gap_share", "revenue_gap", "backend_revenue"),
        ("conversions_by_day", "average_order_value", "revenue", "conversion_count"),
        ("conversions_by_weekday", "mean_daily", "conversion_count", "day_count"),
        ("markets", "average_order_value", "revenue", "conversion_count"),
        ("markets", "conversion_rate", "conversion_count", "session_count"),
        ("channels", "conversion_rate", "credited_conversions", "session_count"),
        ("channels", "cpo", "cost", "credited_conversions"),
        ("channels", "roas", "credited_revenue", "cost"),
        ("campaigns", "conversion_rate", "credited_conversions", "session_count"),
        ("campaigns", "roas", "credited_revenue", "cost"),
        ("click_costs_by_campaign", "cpc", "cost", "clicks"),
        ("click_costs_by_campaign", "session_price", "session_cost", "session_count"),
        ("click_costs_by_channel", "billed_cpc", "ad_cost", "clicks"),
        ("click_costs_by_channel", "cost_per_session", "cost", "session_count"),
        ("channel_reporting", "cpo", "cost", "credited_conversions"),
        ("channel_reporting", "roas", "credited_revenue", "cost"),
    ],
)
def test_ratios_are_made_of_what_stands_beside_them(
    written: Written, name: str, ratio: str, numerator: str, denominator: str
) -> None:
    rows = [row for row in written.rows(name) if row[ratio]]
    empty = [row for row in written.rows(name) if not row[ratio]]

    assert rows
    for row in rows:
        expected = float(row[numerator]) / float(row[denominator])
        assert float(row[ratio]) == pytest.approx(expected, abs=1e-9)
    for row in empty:
        is_nobodys = row.get("channel") in ("(no session)", "(no touchpoint)")
        assert is_nobodys or float(row[denominator] or 0) == 0


def test_nobodys_costs_and_credits_have_no_ratios(written: Written) -> None:
    rows = [
        row
        for name in ("channels", "channel_reporting")
        for row in written.rows(name)
        if row["channel"] in ("(no session)", "(no touchpoint)")
    ]

    assert {row["channel"] for row in rows} == {"(no session)", "(no touchpoint)"}
    assert {(row["cpo"], row["roas"]) for row in rows} == {("", "")}


def test_rejected_rows_are_broken_down_by_reason(
    written: Written, published: Path
) -> None:
    reasons = Counter(
        ask(
            published,
            "select raw_table, reason from marts.fct_rejected_rows"
            " where property = 'company_x'",
        )
    )

    rows = written.rows("what_else_is_wrong")

    rejected = [row for row in rows if row["check_name"] == "rejected_rows"]
    answered = {
        (row["raw_table"], row["reason"]): int(row["rows_affected"]) for row in rejected
    }
    assert answered.pop((ALL, ALL)) == reasons.total()
    assert answered == reasons


def test_what_is_wrong_comes_worst_first(written: Written, published: Path) -> None:
    checks = ask(
        published,
        "select check_name, status, rows_affected, rows_checked"
        " from marts.rpt_data_quality where property = 'company_x'",
    )
    wrong = [check for check in checks if check[1] != "ok"]
    wrong.sort(key=lambda check: (check[1] != "fail", -check[2] / check[3], check[0]))

    rows = written.rows("what_else_is_wrong")

    named = list(dict.fromkeys(row["check_name"] for row in rows))
    assert named == [name for name, *_ in wrong]
