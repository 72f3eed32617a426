"""Restatements: what a publication says other than the last one, and why.

The working database here holds what publishing looks at of one property of the sample;
each test changes rows and figures by hand, so that what must be found is known.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

import restatements
from publish import publish
from support import PROJECT, Build, dbt, write_rows

SITE = "company_x"
MARTS = (
    "fct_conversions",
    "fct_sessions",
    "rpt_channel_attribution",
    "rpt_channel_costs",
    "rpt_reconciliation_daily",
    "rpt_restatements",
)
DAY = "2021-07-05"
NEXT_DAY = "2021-08-01"
BEGINNING = "The history of restatements begins with this publication."
ALL = "(all)"
NONE = "(none)"
HISTORY = (
    "select publication_number, report, measure, attribution_model, date_basis, "
    "report_date::text, channel, market, cause, causes, previous_value, new_value, "
    "value_change from marts.rpt_restatements order by all"
)

Rows = list[tuple[Any, ...]]


@dataclass
class Publisher:
    """A working database to change and publish."""

    working: Path
    published: Path
    manifest: Path
    variables: dict[str, Any] = field(default_factory=dict)

    def change(self, *statements: str) -> None:
        """Change the working database."""
        with duckdb.connect(str(self.working)) as conn:
            for statement in statements:
                conn.execute(statement)

    def publish(self) -> str | None:
        """Publish it, and return what publishing remarks."""
        return publish(self.working, self.published, self.manifest, self.variables)

    def ask(self, sql: str = HISTORY) -> Rows:
        """Ask the published file."""
        with duckdb.connect(str(self.published), read_only=True) as conn:
            return conn.execute(sql).fetchall()

    def causes(self) -> set[tuple[str, str, str]]:
        """Tell the causes of the last publication, by report."""
        return set(
            self.ask(
                "select distinct report, cause, causes from marts.rpt_restatements "
                "where publication_number = "
                "(select max(publication_number) from meta.publications)"
            )
        )


@pytest.fixture(scope="module")
def first(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """Take from the sample what publishing looks at, as tables, and publish it."""
    folder = tmp_path_factory.mktemp("parts")
    working = folder / "working.duckdb"
    with duckdb.connect(str(working)) as conn:
        conn.execute(f"attach '{sample.database}' as tributary (read_only)")
        for schema in ("marts", "intermediate", "mappings"):
            conn.execute(f"create schema {schema}")
        unioned = [f"intermediate.{model}" for model in restatements.ROWS.values()]
        of_site = [*unioned, "intermediate.int_properties"]
        of_site += [f"marts.{mart}" for mart in MARTS]
        for name in of_site:
            conn.execute(
                f"create table {name} as from tributary.{name} where property = $1",
                [SITE],
            )
        for seed in ("channel_mapping", "properties", "exchange_rates"):
            conn.execute(
                f"create table mappings.{seed} as from tributary.mappings.{seed}"
            )
    manifest = json.loads(sample.manifest.read_text())
    kept = ("name", "resource_type", "schema", "config", "depends_on", "raw_code")
    kept += ("description", "columns", "package_name", "macro_sql")
    small = {
        part: {
            name: {key: value for key, value in node.items() if key in kept}
            for name, node in manifest[part].items()
            if node.get("schema") != "marts" or node["name"] in MARTS
        }
        for part in ("nodes", "macros")
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(small))
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    publisher = Publisher(working, folder / "published.duckdb", path, variables)
    assert publisher.publish() == BEGINNING
    return publisher


@pytest.fixture
def shop(first: Publisher, tmp_path: Path) -> Publisher:
    """Have what was published once, to change and publish again."""
    for path in (first.working, first.published):
        shutil.copy(path, tmp_path)
    working, published = tmp_path / "working.duckdb", tmp_path / "published.duckdb"
    return Publisher(working, published, first.manifest, dict(first.variables))


def late_booking(day: str, amount: str) -> list[str]:
    """Write the statements that book a conversion of a day, of nobody's doing.

    It is a row of the books, of reconciliation in a market of its own, and of
    attribution without a touchpoint.
    """
    return [
        "insert into intermediate.int_backend_conversions_unioned by name "
        f"select '{SITE}' as property, 'late-{day}' as conversion_id, "
        f"date '{day}' as conversion_date, {amount} as revenue",
        "insert into marts.rpt_reconciliation_daily "
        f"values ('{SITE}', '{day}', 'ZZ', 1, 0, 1, 0, 0, 0, {amount}, {amount}, 0)",
        "insert into marts.rpt_channel_attribution select distinct property, "
        f"attribution_model, date_basis, date '{day}', '(no touchpoint)', 'ZZ', "
        f"is_default, 1, {amount} from marts.rpt_channel_attribution",
    ]


def test_a_first_publication_restates_nothing(shop: Publisher) -> None:
    assert shop.ask() == []
    assert shop.ask("select publication_number from meta.publications") == [(1,)]


def test_the_same_input_again_restates_nothing(shop: Publisher) -> None:
    assert shop.publish() is None
    assert shop.ask() == []
    numbers = "select publication_number, published_at = (select published_at from "
    numbers += "meta.publication) from meta.publications order by 1"
    assert [number for number, _ in shop.ask(numbers)] == [1, 2]
    assert shop.ask(numbers)[1] == (2, True)


def test_three_publications_in_a_row_are_all_remembered(shop: Publisher) -> None:
    """A late booking, then a corrected bill, then another lookback."""
    no_touch = (
        "select coalesce(sum(credited_conversions), 0), "
        "coalesce(sum(credited_revenue), 0) from marts.rpt_channel_attribution where "
        "attribution_model = 'last_non_direct' and date_basis = '{}' "
        f"and report_date = '{DAY}' and channel = '(no touchpoint)'"
    )
    before = {b: shop.ask(no_touch.format(b))[0] for b in ("conversion", "touch")}
    ((channel, cost),) = shop.ask(
        "select channel, cost from marts.rpt_channel_costs where report_date = "
        f"'{DAY}' and ad_cost > 0 order by channel limit 1"
    )
    ((credited_channel, credited),) = shop.ask(
        "select channel, sum(credited_revenue) from marts.rpt_channel_attribution "
        f"where is_default and date_basis = 'touch' and report_date = '{DAY}' "
        "and credited_revenue > 0 and channel != '(no touchpoint)' "
        "group by all order by all limit 1"
    )

    shop.change(*late_booking(DAY, "12.34"))
    shop.publish()
    second = shop.ask()
    shop.change(
        "update intermediate.int_ad_costs_unioned set cost = cost + 1 "
        f"where cost_date = '{DAY}'",
        "update marts.rpt_channel_costs set cost = cost - 0.25 "
        f"where report_date = '{DAY}' and channel = '{channel}'",
    )
    shop.publish()
    third = shop.ask()
    shop.variables |= {"lookback_days": 30}
    shop.change(
        "update marts.rpt_channel_attribution set credited_revenue = 0 "
        "where is_default "
        f"and date_basis = 'touch' and report_date = '{DAY}' "
        f"and channel = '{credited_channel}'",
        # another model is not what reports show
        "update marts.rpt_channel_attribution set credited_revenue = 0 "
        f"where attribution_model = 'linear' and report_date = '{DAY}'",
    )
    shop.publish()

    late = ("late_rows", "late_rows backend_conversions")
    books, credit = "rpt_reconciliation_daily", "rpt_channel_attribution"
    expected: Rows = []
    for measure, amount in (
        ("backend_count", 1),
        ("backend_revenue", Decimal("12.34")),
    ):
        place = (2, books, measure, NONE, "conversion", DAY, ALL, "ZZ")
        expected.append((*place, *late, 0, amount, amount))
    for basis, known in before.items():
        measures = ("credited_conversions", "credited_revenue")
        for measure, old, amount in zip(
            measures, known, (1, Decimal("12.34")), strict=True
        ):
            place = (2, credit, measure, "last_non_direct", basis, DAY)
            figures = (old, old + amount, amount)
            expected.append((*place, "(no touchpoint)", ALL, *late, *figures))
    assert second == sorted(expected)
    expected.append(
        (3, "rpt_channel_costs", "cost", NONE, "cost", DAY, channel, ALL)
        + ("corrected_rows", "corrected_rows ad_costs")
        + (cost, cost - Decimal("0.25"), Decimal("-0.25"))
    )
    assert third == sorted(expected)
    expected.append(
        (4, credit, "credited_revenue", "last_non_direct", "touch", DAY)
        + (credited_channel, ALL, "changed_var", "changed_var lookback_days")
        + (credited, 0, -credited)
    )
    assert shop.ask() == sorted(expected)
    assert shop.publish() is None
    assert shop.ask() == sorted(expected)


def test_a_new_day_is_no_restatement_but_what_it_does_to_old_ones_is(
    shop: Publisher,
) -> None:
    shop.change(
        *late_booking(NEXT_DAY, "5"),
        "update marts.rpt_channel_attribution set credited_conversions = 0 "
        "where is_default and date_basis = 'touch' and report_date = '2021-07-30' "
        "and credited_conversions > 0",
    )
    shop.publish()
    assert shop.ask("select max(report_date) from marts.rpt_restatements") == [
        (date(2021, 7, 30),)
    ]
    assert shop.causes() == {
        ("rpt_channel_attribution", "new_days", "new_days backend_conversions")
    }


def test_credits_of_which_none_is_left_are_restated_to_nothing(shop: Publisher) -> None:
    credited = (
        "select date_basis, report_date::text, channel, sum(credited_revenue) as "
        "amount from marts.rpt_channel_attribution "
        "where attribution_model = 'last_non_direct' group by all having amount > 0"
    )
    known = shop.ask(credited)
    assert known
    shop.change(
        "delete from intermediate.int_backend_conversions_unioned",
        "delete from marts.rpt_channel_attribution",
    )
    shop.publish()
    gone = shop.ask(
        "select date_basis, report_date::text, channel, previous_value "
        "from marts.rpt_restatements where measure = 'credited_revenue' "
        "and attribution_model = 'last_non_direct' and new_value = 0"
    )
    assert sorted(gone) == sorted(known)
    cause = ("withdrawn_rows", "withdrawn_rows backend_conversions")
    assert shop.causes() == {("rpt_channel_attribution", *cause)}


COST = "update marts.rpt_channel_costs set cost = cost + 1 where report_date = "
ADS = "intermediate.int_ad_costs_unioned"
COSTED = "insert into intermediate.int_session_costs by name select property, "
COSTED += "session_id, 1.50 as session_cost from marts.fct_sessions where "
COSTED += "session_date = '{}' order by session_id limit 1"
MAPPING = "insert into mappings.channel_mapping select * replace ('{}' as property, "
MAPPING += "'new' as source_channel) from mappings.channel_mapping limit 1"


def widen(shop: Publisher) -> None:
    """Change a comment of a model that costs are made from, as a release might."""
    manifest = json.loads(shop.manifest.read_text())
    manifest["nodes"]["model.tributary.int_ad_costs"]["raw_code"] += "-- changed"
    shop.manifest = shop.working.with_name("manifest.json")
    shop.manifest.write_text(json.dumps(manifest))


def move_var(shop: Publisher) -> None:
    """Move a var that costs do not depend on, and the one that reports show first."""
    shop.variables |= {"lookback_days": 7, "default_attribution_model": "linear"}


@pytest.mark.parametrize(
    ("changes", "also", "cause", "causes"),
    [
        ([], None, "(unknown)", "(unknown)"),
        ([], move_var, "(unknown)", "(unknown)"),
        ([], widen, "changed_code", "changed_code"),
        (
            [f"delete from {ADS} where cost_date = '{DAY}'"],
            None,
            "withdrawn_rows",
            "withdrawn_rows ad_costs",
        ),
        (
            # rows of another day, where nothing else has changed
            [f"insert into {ADS} from {ADS} where cost_date = '2021-07-20'"],
            None,
            "late_rows",
            "late_rows ad_costs",
        ),
        ([COSTED.format(DAY)], None, "late_rows", "late_rows session_costs"),
        # those of another day, and of no session
        ([COSTED.format("2021-07-20")], widen, "changed_code", "changed_code"),
        (
            [f"insert into intermediate.int_session_costs values ('{SITE}', '-', 1)"],
            None,
            "(unknown)",
            "(unknown)",
        ),
        (
            [MAPPING.format(SITE)],
            None,
            "changed_seed",
            "changed_seed channel_mapping",
        ),
        ([MAPPING.format("*")], None, "changed_seed", "changed_seed channel_mapping"),
        ([MAPPING.format("afisha")], None, "(unknown)", "(unknown)"),
        (
            [
                MAPPING.format("*"),
                f"update {ADS} set cost = 0 where cost_date = '{DAY}'",
            ],
            widen,
            "(several)",
            "changed_code, changed_seed channel_mapping, corrected_rows ad_costs",
        ),
        (
            # a setting that has changed leaves out rows that cannot reach the day
            [f"update {ADS} set cost = 0 where cost_date = '2021-07-20'"],
            widen,
            "changed_code",
            "changed_code",
        ),
        (
            # tracking makes no costs
            ["delete from intermediate.int_tracked_conversions_unioned"],
            None,
            "(unknown)",
            "(unknown)",
        ),
    ],
)
def test_the_cause_is_what_has_changed_and_can_reach_the_figure(
    changes: list[str],
    also: Callable[[Publisher], None] | None,
    cause: str,
    causes: str,
    shop: Publisher,
) -> None:
    shop.change(f"{COST} '{DAY}'", *changes)
    if also:
        also(shop)
    shop.publish()
    assert shop.causes() == {("rpt_channel_costs", cause, causes)}


def test_a_corrected_cost_of_a_session_is_the_cause(shop: Publisher) -> None:
    shop.change(COSTED.format(DAY))
    shop.publish()
    shop.change(
        "update intermediate.int_session_costs set session_cost = 2", f"{COST} '{DAY}'"
    )
    shop.publish()
    cause = ("corrected_rows", "corrected_rows session_costs")
    assert shop.causes() == {("rpt_channel_costs", *cause)}


LATE_REFUND = (
    "insert into intermediate.int_refunds_unioned by name select property, "
    f"conversion_id, 'late' as refund_id, date '{NEXT_DAY}' as refund_date, "
    "0.01 as amount from marts.fct_conversions "
    f"where conversion_date = '{DAY}' order by conversion_id limit 1"
)
LATE_SESSION = (
    "insert into intermediate.int_sessions_unioned by name "
    f"select '{SITE}' as property, 'late' as session_id, "
    f"timestamp '{DAY} 09:00' as started_at_local"
)
CREDIT = (
    "update marts.rpt_channel_attribution set credited_revenue = 0 where "
    f"attribution_model = 'last_non_direct' and date_basis = '{{}}' "
    f"and report_date = '{DAY}' and credited_revenue > 0"
)


@pytest.mark.parametrize(
    ("credit", "causes"),
    [
        ("gross", "late_rows sessions"),
        # it lowers the credit of its order, on the day of that
        ("net", "late_rows refunds, late_rows sessions"),
    ],
)
@pytest.mark.parametrize("basis", ["conversion", "touch"])
def test_a_refund_is_a_cause_where_credits_are_net(
    basis: str, credit: str, causes: str, shop: Publisher
) -> None:
    shop.variables |= {"credit_revenue": credit}
    shop.publish()
    shop.change(CREDIT.format(basis), LATE_REFUND, LATE_SESSION)
    shop.publish()
    assert shop.causes() == {("rpt_channel_attribution", "late_rows", causes)}


def test_rows_in_another_order_are_the_same_rows(shop: Publisher) -> None:
    for model in restatements.ROWS.values():
        name = f"intermediate.{model}"
        shop.change(
            f"create table other as from {name} order by hash({model}::text)",
            f"drop table {name}",
            f"create table {name} as from other",
            "drop table other",
        )
    before = shop.ask("from meta.row_fingerprints order by all")
    shop.publish()
    assert before
    assert shop.ask("from meta.row_fingerprints order by all") == before


def test_a_property_that_one_publication_lacks_is_not_compared(shop: Publisher) -> None:
    shop.change(f"{COST} '{DAY}'")
    shop.publish()
    history = shop.ask()
    assert len(history) > 0
    for table in ("marts.rpt_channel_costs", "intermediate.int_properties"):
        shop.change(f"update {table} set property = 'other'")
    shop.publish()
    assert shop.ask() == history


def test_a_file_of_an_older_version_begins_a_new_history(shop: Publisher) -> None:
    with duckdb.connect(str(shop.published)) as conn:
        conn.execute("drop table meta.row_fingerprints")
    shop.change(f"{COST} '{DAY}'")
    remark = shop.publish()
    assert remark == BEGINNING
    assert shop.ask() == []
    assert shop.ask("select publication_number from meta.publications") == [(1,)]


def test_a_deleted_file_begins_a_new_history(shop: Publisher) -> None:
    shop.published.unlink()
    assert shop.publish() == BEGINNING
    assert shop.ask() == []


def test_a_history_that_cannot_be_read_is_not_replaced(shop: Publisher) -> None:
    shop.published.write_text("no database")
    with pytest.raises(OSError, match="move it away to begin a new history"):
        shop.publish()
    assert shop.published.read_text() == "no database"


def test_a_publication_that_fails_leaves_the_history(
    shop: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.change(f"{COST} '{DAY}'")
    shop.publish()
    before = shop.published.read_bytes()

    def broken(*_: object) -> Iterator[str]:
        raise OSError("the disk is full")

    monkeypatch.setattr("publish.flush", broken)
    shop.change(f"{COST} '{DAY}'")
    with pytest.raises(OSError, match="the disk is full"):
        shop.publish()
    assert shop.published.read_bytes() == before


@pytest.mark.nightly
def test_builds_of_changing_exports_tell_what_has_changed(tmp_path: Path) -> None:
    """A shop of three days: each visit leads to an order of 50 on the evening after.

    Then the books correct one order to 45 and bring another late; then the lookback
    becomes a day, so that visits earn nothing.
    """
    exports = tmp_path / "exports"
    visits = ("2024-02-29", "2024-03-01", "2024-03-02")
    days = ("2024-03-01", "2024-03-02", "2024-03-03")
    write_rows(
        exports / "sessions.csv",
        [
            {"session_id": f"s{n}", "user_id": f"u{n}", "channel": "Ads"}
            | {"started_at": f"{day} 20:00:00"}
            for n, day in enumerate(visits)
        ],
    )
    write_rows(
        exports / "conversions.csv",
        [
            {"conversion_id": f"c{n}", "user_id": f"u{n}", "revenue": "50"}
            | {"converted_at": f"{day} 21:00:00"}
            for n, day in enumerate(days)
        ],
    )
    booked = [
        {"conversion_id": f"c{n}", "user_id": f"u{n}", "revenue": "50"}
        | {"converted_at": day}
        for n, day in enumerate(days)
    ]
    variables: dict[str, Any] = {"raw": {"shop": str(exports)}, "max_gap_share": 1}
    published = tmp_path / "published.duckdb"

    def build(number: int) -> set[tuple[Any, ...]]:
        write_rows(exports / "backend_conversions.csv", booked)
        built = dbt(tmp_path / f"build_{number}", "build", variables=variables)
        assert built.outcome.exception is None
        assert built.faults == {}
        project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
        publish(built.database, published, built.manifest, project | variables)
        with duckdb.connect(str(published), read_only=True) as conn:
            return set(
                conn.execute(
                    "select measure, date_basis, report_date::text, channel, "
                    "value_change, causes from marts.rpt_restatements "
                    "where publication_number = $1",
                    [number],
                ).fetchall()
            )

    assert build(1) == set()
    booked[0]["revenue"] = "45"
    late = {"conversion_id": "c9", "user_id": "u9", "revenue": "7"}
    booked.append(late | {"converted_at": days[1]})
    corrected = "corrected_rows backend_conversions"
    added = "late_rows backend_conversions"
    # by day of touch a conversion reaches back, so that the late one may be a cause too
    either = f"{corrected}, {added}"
    assert build(2) == {
        ("matched_count", "conversion", days[0], ALL, -1, corrected),
        ("backend_revenue", "conversion", days[0], ALL, -5, corrected),
        ("credited_revenue", "conversion", days[0], "Ads", -5, corrected),
        ("credited_revenue", "touch", visits[0], "Ads", -5, either),
        ("backend_count", "conversion", days[1], ALL, 1, added),
        ("backend_revenue", "conversion", days[1], ALL, 7, added),
        ("credited_conversions", "conversion", days[1], "(no touchpoint)", 1, added),
        ("credited_revenue", "conversion", days[1], "(no touchpoint)", 7, added),
        ("credited_conversions", "touch", days[1], "(no touchpoint)", 1, added),
        ("credited_revenue", "touch", days[1], "(no touchpoint)", 7, added),
    }
    variables["lookback_days"] = 1
    moved = "changed_var lookback_days"
    expected = set()
    for visit, day, revenue in zip(visits, days, (45, 50, 50), strict=True):
        for measure, amount in (("conversions", 1), ("revenue", revenue)):
            name = f"credited_{measure}"
            lost, gained = ("Ads", -amount, moved), ("(no touchpoint)", amount, moved)
            expected.add((name, "conversion", day, *lost))
            expected.add((name, "conversion", day, *gained))
            expected.add((name, "touch", visit, *lost))
            # by day of touch the last day had not been published
            if day != days[2]:
                expected.add((name, "touch", day, *gained))
    assert build(3) == expected
    assert build(4) == set()
