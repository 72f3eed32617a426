"""The owners' questions: how answers are written, and whether they are right.

What an answer says is worked out a second time here in plain Python, from the seeds or
from single rows of the published marts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

import answers
from reference.days import in_utc
from support import PROJECT, SEEDS, Row, Written, copied, dbt, environment, read_rows
from test_vivid_seats import telling

ANALYSES = sorted((PROJECT / "analyses").glob("*/*.sql"))
NAMES = [path.stem for path in ANALYSES]
ALL = "(all)"
# columns of tickets_listed that dim_events has too
OFFERED = (
    "listing_count",
    "quantity_listed",
    "listings_open",
    "quantity_open",
    "lowest_price",
)
COMPANY_X = SEEDS / "company_x"
VESTIAIRE = SEEDS / "vestiaire"


def ask(published: Path, sql: str) -> list[tuple[Any, ...]]:
    """Read rows of the published file."""
    with duckdb.connect(str(published), read_only=True) as conn:
        return conn.execute(sql).fetchall()


def answered_anew(
    folder: Path, published: Path, *names: str
) -> dict[str, list[dict[str, Any]]]:
    """Ask analyses of a published file that was changed; gives the rows of each."""
    paths = [f"path:analyses/*/{name}.sql" for name in names]
    compiled = dbt(folder, "compile", "--select", *paths)
    found = {}
    for result in compiled.outcome.result:
        answer = answers.answered(answers.analysis(result.node), published)
        found[result.node.name] = [
            dict(zip(answer.columns, row, strict=True)) for row in answer.rows
        ]
    return found


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
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sql = "select * from tributary.marts.fct_sessions"
    question = answers.Analysis("customers", "who", "Who comes?", "tributary", sql)
    monkeypatch.setattr(answers, "compiled_analyses", lambda _: [question])
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


def with_macros(sql: str) -> str:
    """Add the macros that an analysis calls, as far as each has a file of its name."""
    files = {file.stem: file for file in (PROJECT / "macros").rglob("*.sql")}
    called = re.findall(r"\{\{ *(\w+)\(", sql)
    return "\n".join([sql, *(files[n].read_text() for n in called if n in files)])


@pytest.mark.parametrize("path", ANALYSES, ids=NAMES)
def test_each_analysis_reads_marts_only(path: Path) -> None:
    marts = {model.stem for model in (PROJECT / "models" / "marts").rglob("*.sql")}
    sql = with_macros(path.read_text())
    read = {part.split("'")[1] for part in sql.split("ref(")[1:]}

    assert read
    assert read <= marts
    # what is known of a property is published beside them
    assert set(re.findall(r"\bmeta\.\w+", sql)) <= {"meta.properties"}


def test_one_line_is_printed_for_each_file(written: Written) -> None:
    lines = written.output.splitlines()

    assert len(lines) == len(ANALYSES)
    for path, line in zip(ANALYSES, lines, strict=True):
        row_count = len(written.lines(path.stem)) - 2
        question = answers.heading(path.read_text())
        assert line.endswith(f"{path.stem}.csv: {row_count} rows: {question}")


def test_the_vars_of_the_build_are_those_of_the_answers(
    published: Path, tmp_path: Path
) -> None:
    mine = {"name": "mine", "first": 0.5, "middle": 0.2, "last": 0.3}
    variables = {
        "raw": {"shop": "exports/"},
        "attribution_models": ["first_touch", "linear", mine],
        "default_attribution_model": "first_touch",
    }
    # what could be opened by one build at a time is not opened at all
    working = tmp_path / "tributary.duckdb"
    working.write_text("no database")
    places = {"TRIBUTARY_PUBLISHED": str(published), "TRIBUTARY_DB": str(working)}
    with environment(**places):
        options = ["--out", str(tmp_path), "--vars", json.dumps(variables)]
        assert answers.main(options) == 0
    found = Written(tmp_path, "")

    columns = found.lines("attribution_models")[1]
    assert [name for name in columns if name.endswith("_revenue")] == [
        "first_touch_revenue",
        "linear_revenue",
        "mine_revenue",
    ]
    first_touch = found.numbers("attribution_models", "channel", "first_touch_revenue")
    reported = found.numbers("channels", "channel", "credited_revenue")
    assert len(set(reported.values())) > 5
    for channel, revenue in first_touch.items():
        assert reported.get(channel, 0) == revenue


@pytest.mark.nightly
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


def test_a_campaign_is_called_what_most_of_its_sessions_call_it(
    written: Written, published: Path, tmp_path: Path
) -> None:
    """In the sample each has one name; here one session of each has another."""
    renamed = tmp_path / "renamed.duckdb"
    with copied(published, renamed) as conn:
        conn.execute(
            "update marts.fct_sessions set campaign_name = '~' where session_id in ("
            "select min(session_id) from marts.fct_sessions group by campaign_id)"
        )
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for campaign, name in ask(
        renamed,
        "select campaign_id, campaign_name from marts.fct_sessions where "
        "property = 'company_x' and campaign_id is not null and campaign_name <> ''",
    ):
        names[campaign][name] += 1
    assert sum(len(counts) > 1 for counts in names.values()) > 5

    rows = answered_anew(tmp_path, renamed, "campaigns")["campaigns"]

    found = {
        row["campaign_id"]: row["campaign_name"]
        for row in rows
        if row["property"] == "company_x" and row["campaign_name"]
    }
    assert found == {
        campaign: min(counts, key=lambda name: (-counts[name], name))
        for campaign, counts in names.items()
    }
    assert len(rows) == len(written.lines("campaigns")) - 2


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


# Vestiaire's answers, worked out from the seeds


@pytest.fixture(scope="module")
def listings() -> dict[str, Row]:
    """Read the listings that can be read, with the names of brand and category."""
    brands, categories = (
        {
            row[key]: row[name]
            for row in sorted(
                read_rows(VESTIAIRE / file), key=lambda row: row[name], reverse=True
            )
            if row[key]
        }
        for file, key, name in (
            ("brands.csv", "ID_BRAND", "BRAND"),
            ("category.csv", "ID_CATEGORY", "CATEGORY"),
        )
    )
    raw_rows = read_rows(VESTIAIRE / "listings.csv")
    found: dict[str, Row] = {}
    for row in sorted(raw_rows, key=lambda row: tuple(row.values())):
        is_read = row["ID"] and all(
            is_instant(row[column]) or (not row[column] and column != "DATE_CREATED")
            for column in ("DATE_CREATED", "DATE_COMPLETED", "DATE_SOLD")
        )
        if is_read:
            brand = brands.get(row["ID_BRAND"]) or "(unknown)"
            category = categories.get(row["ID_CATEGORY"]) or "(unknown)"
            found.setdefault(row["ID"], row | {"brand": brand, "category": category})
    return found


@pytest.fixture(scope="module")
def clicks() -> list[Row]:
    """Read the clicks that can be read."""
    rows = read_rows(VESTIAIRE / "clicks.csv")
    return [row for row in rows if is_instant(row["DATETIME_SESSION"])]


def is_instant(text: str) -> bool:
    """Tell whether the text is a time of the calendar."""
    try:
        datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return False
    return True


def instant(text: str) -> datetime:
    """Read a time of the raw files, which is in UTC."""
    return datetime.fromisoformat(text.removesuffix("Z"))


def steps_by(listings: dict[str, Row], column: str) -> dict[str, tuple[int, int, int]]:
    """Count what was started, completed and sold by a column, and in all."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in listings.values():
        for key in (row[column] or "(unknown)", ALL):
            counts[key][0] += 1
            counts[key][1] += bool(row["DATE_COMPLETED"])
            counts[key][2] += bool(row["DATE_SOLD"])
    return {key: tuple(steps) for key, steps in counts.items()}


def steps_of(row: Row) -> tuple[int, int, int]:
    """Read the three counts of an answer."""
    return tuple(int(row[f"{step}_count"]) for step in ("started", "completed", "sold"))


@pytest.mark.parametrize(
    ("name", "key", "column", "rate"),
    [
        ("listings_per_seller", "seller_id", "ID_CUSTOMER", None),
        ("success_rate_by_brand", "brand", "brand", "success_rate"),
        ("conversion_by_category", "category", "category", "conversion_rate"),
    ],
)
def test_steps_are_those_of_the_raw_listings(
    written: Written,
    listings: dict[str, Row],
    name: str,
    key: str,
    column: str,
    rate: str | None,
) -> None:
    expected = steps_by(listings, column)

    rows = written.rows(name, "vestiaire")

    # clicks on no listing have no brand, and are not asked for here
    assert {row[key]: steps_of(row) for row in rows} == expected
    for row in rows if rate else []:
        started, _, sold = expected[row[key]]
        assert float(row[rate]) == pytest.approx(sold / started, abs=1e-9)


def test_main_categories_are_the_five_most_listed(
    written: Written, listings: dict[str, Row]
) -> None:
    sizes = Counter(row["category"] for row in listings.values())
    del sizes["(unknown)"]
    main = sorted(sizes, key=lambda name: (-sizes[name], name))[:5]
    listed: dict[str, Counter[str]] = defaultdict(Counter)
    for row in listings.values():
        if row["ID_CUSTOMER"]:
            listed[row["ID_CUSTOMER"]][row["category"]] += 1

    rows = written.rows("main_categories_per_seller", "vestiaire")

    assert {row["seller_id"]: row["main_categories"] for row in rows} == {
        seller: "; ".join(f"{name} ({own[name]})" for name in main if own[name])
        or "(none)"
        for seller, own in listed.items()
    }
    assert sum(int(row["listing_count"]) for row in rows) == sum(
        map(Counter.total, listed.values())
    )


def test_first_and_last_of_each_seller(
    written: Written, listings: dict[str, Row], clicks: list[Row]
) -> None:
    own: dict[str, list[Row]] = defaultdict(list)
    for row in listings.values():
        if row["ID_CUSTOMER"]:
            own[row["ID_CUSTOMER"]].append(row)

    rows = {
        row["seller_id"]: row
        for row in written.rows("sellers_first_and_last", "vestiaire")
    }

    assert rows.keys() == own.keys()
    for seller, things in own.items():
        created = [instant(row["DATE_CREATED"]) for row in things]
        sold = [instant(row["DATE_SOLD"]) for row in things if row["DATE_SOLD"]]
        acted = created + [
            instant(row["DATE_COMPLETED"]) for row in things if row["DATE_COMPLETED"]
        ]
        clicked = [
            instant(row["DATETIME_SESSION"])
            for row in clicks
            if row["ID_USER"] == seller
        ]
        answer = rows[seller]
        assert instant(answer["first_listed_at"]) == min(created)
        assert instant(answer["last_listed_at"]) == max(created)
        assert answer["last_sold_at"] == (str(max(sold)) if sold else "")
        last = max(acted + clicked)
        assert instant(answer["last_action_at"]) == last
        is_click = last in clicked
        assert is_click != (answer["last_action"].endswith("a listing"))


def test_clicks_per_product_and_last_actions(
    written: Written, listings: dict[str, Row], clicks: list[Row]
) -> None:
    counts = Counter(row["ID_PRODUCT"] for row in clicks)
    submitted = [key for key, row in listings.items() if row["DATE_COMPLETED"]]
    others = [key for key in listings if key not in set(submitted)]
    last: dict[str, tuple[str, ...]] = {}
    for row in clicks:
        step = (row["DATETIME_SESSION"], row["EVENT_ACTION"], row["EVENT_LABEL"])
        last[row["ID_PRODUCT"]] = max(step, last.get(row["ID_PRODUCT"], step))

    (row,) = written.rows("clicks_per_submitted_product", "vestiaire")
    unsubmitted = written.rows("last_action_on_unsubmitted", "vestiaire")

    assert int(row["submitted_count"]) == len(submitted)
    assert float(row["median_clicks"]) == median(counts[key] for key in submitted)
    assert float(row["median_clicks_if_clicked"]) == median(
        counts[key] for key in submitted if counts[key]
    )
    assert float(row["median_clicks_unsubmitted"]) == median(
        counts[key] for key in others
    )
    assert {row["listing_id"]: row["last_action"] for row in unsubmitted} == {
        key: last[key][1] if key in last else "" for key in others
    }


def test_engagement_counts_every_click(
    written: Written, listings: dict[str, Row], clicks: list[Row]
) -> None:
    unknown = {"category": "(unknown)"}
    categories = [
        listings.get(row["ID_PRODUCT"], unknown)["category"] for row in clicks
    ]
    users: dict[str, set[str]] = defaultdict(set)
    for category, row in zip(categories, clicks, strict=True):
        users[category].add(row["ID_USER"])
        users[ALL].add(row["ID_USER"])

    rows = written.rows("engagement_by_category", "vestiaire")

    assert {
        r["category"]: int(r["click_count"]) for r in rows if r["click_count"] != "0"
    } == (Counter(categories) | {ALL: len(clicks)})
    assert {
        r["category"]: int(r["user_count"]) for r in rows if r["user_count"] != "0"
    } == {category: len(names - {""}) for category, names in users.items()}


def test_time_is_that_between_clicks_without_pauses(
    written: Written, listings: dict[str, Row], clicks: list[Row]
) -> None:
    times: dict[str, list[datetime]] = defaultdict(list)
    for row in clicks:
        listing = listings.get(row["ID_PRODUCT"])
        if listing and listing["ID_CUSTOMER"] == row["ID_USER"] != "":
            times[row["ID_PRODUCT"]].append(instant(row["DATETIME_SESSION"]))

    rows = written.rows("time_per_listing", "vestiaire")

    assert {row["listing_id"] for row in rows} == listings.keys()
    for row in rows:
        own = sorted(times[row["listing_id"]])
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(own)]
        active = [gap for gap in gaps if gap <= 1_800]
        if gaps:
            assert float(row["active_minutes"]) == pytest.approx(
                sum(active) / 60, abs=1e-9
            )
        else:
            assert row["active_minutes"] == ""


def test_two_clicks_and_a_pause_are_no_time_and_one_click_tells_nothing(
    published: Path, tmp_path: Path
) -> None:
    """In the sample no listing has a pause alone; here those of two clicks do."""
    paused = tmp_path / "paused.duckdb"
    with copied(published, paused) as conn:
        conn.execute(
            "create temp table own as select listing_event_id, row_number() over ("
            "partition by listing_id order by event_at, listing_event_id) as place, "
            "count(*) over (partition by listing_id) as click_count "
            "from marts.fct_listing_events as clicks inner join marts.fct_listings "
            "using (property, listing_id) where seller_id = user_id"
        )
        conn.execute(
            "update marts.fct_listing_events set event_at = event_at + "
            "interval 1 hour where listing_event_id in (select listing_event_id "
            "from own where place = 2 and click_count = 2)"
        )

    rows = answered_anew(tmp_path, paused, "time_per_listing")["time_per_listing"]

    by_count: dict[int, set[float | None]] = defaultdict(set)
    for row in rows:
        by_count[row["seller_click_count"]].add(row["active_minutes"])
    assert by_count[0] == by_count[1] == {None}
    assert by_count[2] == {0}
    assert None not in by_count[3]


def test_frequent_sellers_and_days_to_sell(
    written: Written, listings: dict[str, Row]
) -> None:
    sizes = Counter(row["ID_CUSTOMER"] for row in listings.values())
    del sizes[""]
    sold = [row for row in listings.values() if row["DATE_SOLD"]]
    days = [
        (instant(row["DATE_SOLD"]) - instant(row["DATE_COMPLETED"])).total_seconds()
        / 86_400
        for row in sold
        if row["DATE_COMPLETED"] and row["DATE_SOLD"] >= row["DATE_COMPLETED"]
    ]

    frequent = written.rows("frequent_sellers", "vestiaire")
    (total, *_) = written.rows("days_to_sell", "vestiaire")

    assert {row["seller_id"]: int(row["listing_count"]) for row in frequent} == {
        seller: size for seller, size in sizes.items() if size >= 5
    }
    assert float(frequent[-1]["cumulative_share"]) == pytest.approx(
        sum(size for size in sizes.values() if size >= 5) / len(listings)
    )
    # all of them have begun within the 30 days that make a seller new
    assert {row["segment"] for row in frequent} == {"new"}
    assert total["category"] == ALL
    assert int(total["sold_count"]) == len(sold)
    assert int(total["timed_count"]) == len(days)
    assert float(total["mean_days"]) == pytest.approx(mean(days), abs=1e-6)
    assert float(total["median_days"]) == pytest.approx(median(days), abs=1e-6)


@pytest.mark.parametrize("dimension", ["brand", "category"])
def test_popularity_is_ranked(
    written: Written, listings: dict[str, Row], dimension: str
) -> None:
    steps = steps_by(listings, dimension)
    _, _, sold_in_all = steps.pop(ALL)
    name = {"brand": "popular_brands", "category": "popular_categories"}[dimension]

    rows = written.rows(name, "vestiaire")

    assert {row[dimension] for row in rows} == steps.keys()
    for row in rows:
        started, _, sold = steps[row[dimension]]
        assert int(row["listing_rank"]) == 1 + sum(
            s[0] > started for s in steps.values()
        )
        assert int(row["sale_rank"]) == 1 + sum(s[2] > sold for s in steps.values())
        assert float(row["sold_share"]) == pytest.approx(sold / sold_in_all)


def test_what_to_do_next_follows_from_the_numbers(
    written: Written, listings: dict[str, Row], clicks: list[Row]
) -> None:
    by_kind: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    last: dict[str, tuple[str, ...]] = {}
    for row in clicks:
        listing = listings.get(row["ID_PRODUCT"])
        if listing and not listing["DATE_COMPLETED"]:
            step = (row["DATETIME_SESSION"], row["EVENT_ACTION"])
            last[row["ID_PRODUCT"]] = max(step, last.get(row["ID_PRODUCT"], step))
    given_up = Counter(action for _, action in last.values())
    by_kind["maximise listings", "last step"] = dict(given_up)
    for dimension in ("brand", "category"):
        steps = steps_by(listings, dimension)
        started_all, completed_all, sold_all = steps[ALL]
        for value, (started, completed, sold) in steps.items():
            if started < 20 or value in (ALL, "(unknown)"):
                continue
            gain = sold - started * sold_all / started_all
            by_kind["promote what sells", dimension][value] = gain
            if dimension == "category":
                lost = started * completed_all / started_all - completed
                by_kind["maximise listings", "category"][value] = lost
    minutes: dict[str, list[float]] = defaultdict(list)
    for row in listings.values():
        if row["DATE_COMPLETED"] >= row["DATE_CREATED"]:
            spent = instant(row["DATE_COMPLETED"]) - instant(row["DATE_CREATED"])
            minutes[row["category"]].append(spent.total_seconds() / 60)
            minutes[ALL].append(spent.total_seconds() / 60)
    for category, spent in minutes.items():
        if len(spent) >= 20 and category != "(unknown)":
            longer = median(spent) - median(minutes[ALL])
            by_kind["shorten listing time", "category"][category] = len(spent) * longer

    rows = written.rows("what_to_do_next", "vestiaire")

    answered: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        answered[row["goal"], row["subject_kind"]].append(row)
    assert {goal for goal, _ in answered} == {goal for goal, _ in by_kind}
    for kind, gains in by_kind.items():
        best = sorted((gain for gain in gains.values() if gain > 1e-9), reverse=True)[
            :5
        ]
        assert [float(row["gain"]) for row in answered[kind]] == pytest.approx(
            best, abs=1e-3
        )
        for row in answered[kind]:
            assert float(row["gain"]) == pytest.approx(gains[row["subject"]], abs=1e-3)
            assert row["advice"].endswith(".")


# Vivid Seats


def vivid_seats(written: Written, name: str) -> list[Row]:
    """Read an answer on Vivid Seats."""
    return written.rows(name, "vivid_seats")


def kept_sales() -> list[Row]:
    """Read the sales that can be read; of a repeated one the earlier."""
    sales: dict[str, Row] = {}
    for row in sorted(
        read_rows(SEEDS / "vivid_seats" / "customer_sales.csv"),
        key=lambda row: row["sale_date"],
    ):
        is_read = (
            row["sale_id"]
            and is_day(row["sale_date"])
            and row["sale_time"][:1].isdigit()
            and int(row["number_of_tickets"]) > 0
            and is_amount(row["price_per_unit"])
        )
        if is_read:
            sales.setdefault(row["sale_id"], row)
    return list(sales.values())


def test_no_answer_tells_who_bought(written: Written) -> None:
    files = list(written.folder.rglob("*.csv"))
    assert len([path for path in files if path.parent.name == "vivid_seats"]) == 16
    assert [path for path in files if telling(path.read_bytes())] == []


@pytest.mark.parametrize(
    "name",
    [
        "customers_by_place",
        "customers_signing_up",
        "payments",
        "sales_by_time",
        "tickets_per_sale",
    ],
)
def test_every_cut_of_the_sales_is_all_of_them(written: Written, name: str) -> None:
    sales = kept_sales()
    tickets = [int(row["number_of_tickets"]) for row in sales]
    prices = [Decimal(row["price_per_unit"]) for row in sales]

    rows = vivid_seats(written, name)

    assert sum(int(row["sale_count"]) for row in rows) == len(sales) == 349
    assert sum(int(row["quantity_sold"]) for row in rows) == sum(tickets)
    assert sum(Decimal(row["revenue"]) for row in rows) == sum(
        count * price for count, price in zip(tickets, prices, strict=True)
    )


def kept_lots() -> list[Row]:
    """Read the lots that can be read."""
    return [
        row
        for row in read_rows(SEEDS / "vivid_seats" / "ticket_listings.csv")
        if row["event_id"]
        and is_day(row["posting_date"])
        and row["posting_time"][:2].isdigit()
        and int(row["posting_time"][:2]) < 24
        and row["quantity"].isdigit()
        and is_amount(row["price"])
        and Decimal(row["price"]) >= 0
    ]


def kept_visits(kind: str) -> list[Row]:
    """Read the direct or indirect visits that can be read."""
    return [
        row
        for row in read_rows(SEEDS / "vivid_seats" / f"{kind}_traffic.csv")
        if is_day(row["visit_date"]) and row["visit_start_time"][:2] not in ("no", "24")
    ]


def in_chicago(day: str, time: str) -> tuple[str, int]:
    """Give the day and hour that the shop's own clock showed; no time is midnight."""
    moment = in_utc(
        datetime.fromisoformat(f"{day} {time or '00:00:00'}"), "America/Chicago"
    )
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo("America/Chicago"))
    return str(local.date()), local.hour


def test_days_and_hours_are_those_of_the_clock_of_the_shop(written: Written) -> None:
    """Whose evening is the next day in UTC."""
    sold = [in_chicago(row["sale_date"], row["sale_time"]) for row in kept_sales()]
    posted = [
        in_chicago(lot["posting_date"], lot["posting_time"]) for lot in kept_lots()
    ]
    came = [
        in_chicago(visit["visit_date"], visit["visit_start_time"])
        for visit in kept_visits("direct")
    ]
    days = defaultdict(set)
    for lot, (day, _) in zip(kept_lots(), posted, strict=True):
        days[lot["seller_id"]].add(day)
    for moments in (sold, posted, came):
        assert max(hour for _, hour in moments) > 19

    sales = vivid_seats(written, "sales_by_time")
    postings = vivid_seats(written, "postings")
    visits = vivid_seats(written, "direct_traffic_by")
    sellers = vivid_seats(written, "frequent_sellers")

    assert {
        (row["sale_date"], int(row["sold_hour"])): int(row["sale_count"])
        for row in sales
    } == Counter(sold)
    assert {
        (row["posted_date"], int(row["posted_hour"])): int(row["listing_count"])
        for row in postings
        if row["posted_hour"] != ALL
    } == Counter(posted)
    assert {
        row["dimension_value"]: int(row["session_count"])
        for row in visits
        if row["dimension"] in ("session_date", "start_hour")
    } == Counter(day for day, _ in came) + Counter(f"{hour:02}" for _, hour in came)
    lots = Counter(lot["seller_id"] for lot in kept_lots())
    assert {row["seller_id"]: int(row["listing_days"]) for row in sellers} == {
        seller: len(days[seller]) for seller, count in lots.items() if count >= 5
    }


def test_sales_by_event_are_those_of_the_raw_table(written: Written) -> None:
    counts = Counter(row["event_id"] for row in kept_sales())

    rows = vivid_seats(written, "sales_by_event")

    answered = {row["event_id"]: int(row["sale_count"]) for row in rows}
    assert {event: count for event, count in answered.items() if count} == counts


@pytest.mark.parametrize("kind", ["direct", "indirect"])
def test_each_cut_of_the_traffic_is_all_of_it(written: Written, kind: str) -> None:
    visits = kept_visits(kind)
    sources = Counter(
        row["traffic_source"] if kind == "indirect" else "(direct)" for row in visits
    )
    devices = Counter(row["visitor_device"] for row in visits)
    bounces = sum(row["bounce"] == "1" for row in visits)

    overview = vivid_seats(written, f"{kind}_traffic_overview")
    cuts = vivid_seats(written, f"{kind}_traffic_by")

    assert {row["partner"]: int(row["session_count"]) for row in overview} == sources
    assert sum(int(row["bounce_count"]) for row in overview) == bounces
    totals_by_cut: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for row in cuts:
        totals_by_cut[row["dimension"]] += int(row["session_count"])
        if row["dimension"] == "device":
            answered[row["dimension_value"]] += int(row["session_count"])
    assert set(totals_by_cut.values()) == {len(visits)}
    assert len(totals_by_cut) == (6 if kind == "direct" else 5)
    assert answered == devices


def test_indirect_visitors_who_turned_direct_came_that_way(written: Written) -> None:
    firsts: dict[str, dict[str, str]] = {"direct": {}, "indirect": {}}
    for kind, first in firsts.items():
        for row in read_rows(SEEDS / "vivid_seats" / f"{kind}_traffic.csv"):
            at = f"{row['visit_date']} {row['visit_start_time'] or '00:00:00'}"
            if is_day(row["visit_date"]) and at[11:13] not in ("no", "24"):
                visitor = row["visitor_id"]
                first[visitor] = min(at, first.get(visitor, at))
    expected = {
        visitor
        for visitor, at in firsts["indirect"].items()
        if visitor and at < firsts["direct"].get(visitor, "")
    }

    rows = vivid_seats(written, "indirect_visitors_turned_direct")

    assert {row["visitor_id"] for row in rows} == expected


def test_what_sellers_list_is_what_regions_do(written: Written) -> None:
    sellers = vivid_seats(written, "sellers")
    regions = vivid_seats(written, "sellers_by_region")

    total, *parts = regions
    assert total["region"] == ALL
    for column in ("listing_count", "quantity_listed", "quantity_sold", "revenue"):
        expected = sum(Decimal(row[column]) for row in sellers)
        assert Decimal(total[column]) == expected
        assert sum(Decimal(row[column]) for row in parts) == expected
    assert int(total["listing_count"]) == len(kept_lots())
    by_hour = vivid_seats(written, "postings")
    days = [row for row in by_hour if row["posted_hour"] == ALL]
    hours = [row for row in by_hour if row["posted_hour"] != ALL]
    for rows in (days, hours):
        posted = sum(int(row["listing_count"]) for row in rows)
        assert posted == int(total["listing_count"])
    offers = vivid_seats(written, "tickets_listed")
    types = [row for row in offers if row["ticket_type"] != ALL]
    listed = sum(int(row["quantity_listed"]) for row in types)
    assert listed == int(total["quantity_listed"])


def test_on_offer_is_what_is_left_of_lots_that_are_available(
    written: Written, published: Path
) -> None:
    """Which lots are which is read from the seeds: their sales and `availability`."""
    sold: Counter[str] = Counter()
    for sale in kept_sales():
        sold[sale["listing_id"]] += int(sale["number_of_tickets"])
    lots: dict[tuple[str, str], list[Row]] = defaultdict(list)
    left: dict[tuple[str, str], list[tuple[Row, int]]] = defaultdict(list)
    has_sales = set()
    for lot in kept_lots():
        # of rows with one id the first by all columns has it, and its sales
        is_first = lot["listing_id"] not in has_sales and lot == min(
            (row for row in kept_lots() if row["listing_id"] == lot["listing_id"]),
            key=lambda row: tuple(row.values()),
        )
        if is_first:
            has_sales.add(lot["listing_id"])
        count = int(lot["quantity"]) - sold[lot["listing_id"]] * is_first
        for ticket_type in (lot["ticket_type"] or "(unknown)", ALL):
            key = (lot["event_id"], ticket_type)
            lots[key].append(lot)
            if count > 0 and lot["availability"] != "0":
                left[key].append((lot, count))

    rows = vivid_seats(written, "tickets_listed")

    assert {(row["event_id"], row["ticket_type"]) for row in rows} == lots.keys()
    for row in rows:
        key = (row["event_id"], row["ticket_type"])
        offered = left[key]
        prices = [Decimal(lot["price"]) for lot, _ in offered]
        worth = sum(Decimal(lot["price"]) * count for lot, count in offered)
        assert int(row["listing_count"]) == len(lots[key])
        assert int(row["quantity_listed"]) == sum(int(r["quantity"]) for r in lots[key])
        assert int(row["listings_open"]) == len(offered)
        assert int(row["quantity_open"]) == sum(count for _, count in offered)
        assert int(row["seller_count"]) == len({r["seller_id"] for r, _ in offered})
        assert int(row["section_count"]) == len({r["section"] for r, _ in offered})
        assert row["lowest_price"] == (f"{min(prices):.2f}" if prices else "")
        assert row["highest_price"] == (f"{max(prices):.2f}" if prices else "")
        mean_price = float(worth / sum(count for _, count in offered)) if prices else ""
        found = float(row["mean_price"]) if row["mean_price"] else ""
        assert found == (pytest.approx(mean_price, abs=1e-9) if prices else "")
    # and the mart says so too, of each event that anything is listed for
    events = ask(
        published,
        "select event_id, listing_count, quantity_listed, listings_open, "
        "quantity_open, lowest_price from marts.dim_events "
        "where property = 'vivid_seats' and listing_count > 0",
    )
    whole = [row for row in rows if row["ticket_type"] == ALL]
    assert {tuple(row[name] for name in ("event_id", *OFFERED)) for row in whole} == {
        tuple(answers.cell(value) for value in event) for event in events
    }


def test_a_lot_without_a_price_is_in_no_mean(published: Path, tmp_path: Path) -> None:
    """Such lots come in the input contract; here lots of two tickets have none.

    Nor is a lot of which nothing is left in that of what is on offer.
    """
    priceless = tmp_path / "priceless.duckdb"
    with copied(published, priceless) as conn:
        conn.execute("update marts.fct_listings set price = null where quantity = 2")
        conn.execute(
            "update marts.fct_listings set quantity_open = 0 where event_id = 'e01'"
        )
    lots: dict[tuple[str, ...], list[tuple[int, Decimal | None]]] = defaultdict(list)
    for seller, event, quantity, quantity_open, price in ask(
        priceless,
        "select seller_id, event_id, quantity, quantity_open, price "
        "from marts.fct_listings where property = 'vivid_seats'",
    ):
        lots["sellers", seller].append((quantity, price))
        lots["tickets_listed", event].append((quantity_open, price))

    means = {}
    for name, rows in answered_anew(
        tmp_path, priceless, "sellers", "tickets_listed"
    ).items():
        for row in rows:
            is_whole = row.get("ticket_type", ALL) == ALL
            if row["property"] == "vivid_seats" and is_whole:
                key = row["seller_id" if name == "sellers" else "event_id"]
                means[name, key] = row["mean_price"]

    assert len(means) > 20
    for key, found in means.items():
        priced = [lot for lot in lots[key] if lot[1] is not None]
        count = sum(quantity for quantity, _ in priced)
        worth = sum(quantity * price for quantity, price in priced)
        expected = float(worth / count) if count else None
        assert found == pytest.approx(expected, abs=1e-9), key


def test_shared_telephone_numbers_are_found(written: Written) -> None:
    rows = vivid_seats(written, "shared_contacts")

    groups = Counter(row["contact_hash"] for row in rows)
    assert sorted(groups.values()) == [2, 3]
    assert {row["visitor_id"][:3] for row in rows} == {"v80"}
