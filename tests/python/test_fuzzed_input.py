"""Fuzzed raw input: a build whose invariants hold, or one clear line.

Shops with damaged files are built together, each as a property of its own: one build of
many takes hardly longer than one of one. Each is opened alone first. One that cannot be
must say so in one line; the others are built, and then

- no model ends in an error, and no test of the build fails for any of them;
- rows that are surely bad are rejected as they came, with a reason, surely sound ones
  are not, and of those that repeat a key one stays;
- totals are those of the rows that stayed, added up in plain Python.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzzed_shops import (
    LAYOUTS,
    Case,
    Damage,
    Row,
    Written,
    drawn_case,
    place_of,
    written,
)
from fuzzed_values import COLUMNS
from fuzzed_verdicts import (
    BAD,
    OPEN,
    SOUND,
    amount,
    kept_groups,
    spec_of,
    stops,
    verdict,
)
from raw_data import RawDataError, catalogue, open_raw
from support import Build, dbt, parsed

pytestmark = pytest.mark.slow

Check = Callable[[Sequence[Case]], None]

SOUND_STATUSES = {"success", "pass", "warn", "no-op", "skipped"}
# what blocks publishing, and rightly so, where nothing that was booked can be read
OF_THE_BOOKS = {"assert_backend_is_not_empty", "assert_backend_agrees_with_tracking"}
# what has failed once
HUGE = "9999999999999999.99"
KEPT = (
    Case(
        "company_x",
        1,
        "csv",
        (
            Damage("copy", "conversions", "revenue", 0, HUGE),
            Damage("cell", "conversions", "revenue", 1, HUGE),
            Damage("cell", "api_adwords_costs", "cost", 2, "-999999999999.999999"),
            Damage("cell", "session_sources", "cpc", 3, "999999999999.999999"),
            Damage("cell", "attribution_customer_journey", "ihc", 4, "1e19"),
        ),
    ),
    # days whose only order is below 0
    Case(
        "company_x",
        7,
        "csv",
        (
            Damage("remove table", "conversions_backend"),
            Damage("column", "conversions", "revenue", 0, "10.00"),
            Damage("cell", "conversions", "revenue", 0, "-5.00"),
            Damage("cell", "conversions", "revenue", 1, "-5.00"),
            Damage("cell", "conversions", "revenue", 2, "-5.00"),
        ),
    ),
    # nothing is wrong with these, and their sums are large
    Case(
        "company_x",
        2,
        "csv",
        (
            Damage("column", "conversions", "revenue", 0, "9000000000"),
            Damage("column", "conversions_backend", "revenue", 0, "9000000000"),
            Damage("column", "api_adwords_costs", "cost", 0, "9000000000"),
        ),
    ),
    Case(
        "vivid_seats",
        3,
        "csv",
        (
            Damage("column", "ticket_listings", "quantity", 0, "9000000000"),
            Damage("column", "ticket_listings", "price", 0, "9000000000"),
            Damage("cell", "customer_sales", "number_of_tickets", 0, "9000000000"),
        ),
    ),
    # sales of no event, and no event that they could be of
    Case(
        "vivid_seats",
        11,
        "csv",
        (
            Damage("remove table", "events"),
            Damage("remove table", "ticket_listings"),
            Damage("column", "customer_sales", "event_id", 0, ""),
        ),
    ),
    Case(
        "vivid_seats", 4, "sqlite", (Damage("type", "sellers", "region", 0, "bytes"),)
    ),
    Case("afisha", 5, "jsonl", (Damage("add column", "visits", "", 7, ""),)),
    Case("vestiaire", 6, "csv", (Damage("line", "brands", "", 3, "x," * 80),)),
    # a file that holds other types than it was told to
    Case(
        "company_x",
        8,
        "parquet",
        (
            Damage("type", "conversions_backend", "revenue", 0, "hugeint"),
            Damage("copy", "conversions_backend", "", 2, ""),
        ),
    ),
    # a day as a time with an offset, in a row that is refused
    Case(
        "contract",
        9,
        "parquet",
        (
            Damage("cell", "ad_costs", "cost", 35, "NaN"),
            Damage("cell", "ad_costs", "cost_date", 35, "2099-12-31 23:59:59-12:00"),
        ),
    ),
    # a count may have more digits than an amount
    Case(
        "contract",
        10,
        "sqlite",
        (Damage("cell", "listings", "quantity", 0, "1700000000000"),),
    ),
    # and has no fraction, however small
    Case(
        "contract",
        11,
        "jsonl",
        (Damage("cell", "listings", "quantity", 0, "1e-20"),),
    ),
)
TOGETHER = {
    "deadline": None,
    # a failing case is named by all that was done to it; to shrink it would take hours
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}


def seeds(count: int) -> st.SearchStrategy[list[int]]:
    """Draw the seeds of so many cases."""
    return st.lists(
        st.integers(0, 1 << 32), min_size=count, max_size=count, unique=True
    )


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Parse the project once for all builds; returns what builds cases and judges."""
    manifest = parsed({"raw": {"shop": "x"}})

    def check(cases: Sequence[Case]) -> None:
        faults = faults_of(cases, tmp_path_factory.mktemp("fuzzed"), manifest)
        assert not faults, "\n\n".join(faults)

    return check


@settings(max_examples=1, derandomize=True, database=None, **TOGETHER)
@given(seeds=seeds(50))
def test_damaged_shops_are_built_or_refused_in_one_line(
    seeds: list[int], check: Check
) -> None:
    check([*KEPT, *map(drawn_case, seeds)])


@pytest.mark.nightly
@settings(max_examples=10, **TOGETHER)
@given(seeds=seeds(50))
def test_many_damaged_shops_are_built_or_refused_in_one_line(
    seeds: list[int], check: Check
) -> None:
    check([drawn_case(seed) for seed in seeds])


# --- opening -------------------------------------------------------------------------


@dataclass(frozen=True)
class Shop:
    """A case under the name that it has in a build, and what a reader sees of it."""

    name: str
    case: Case
    place: dict[str, str]
    tables: dict[str, Written]

    @classmethod
    def of(cls, number: int, case: Case, folder: Path) -> Shop:
        """Write the files of a case."""
        name = f"shop_{number}"
        tables = written(case, folder / name)
        return cls(name, case, place_of(case, folder / name), tables)


def faults_of(cases: Sequence[Case], folder: Path, manifest: Manifest) -> list[str]:
    """Build the cases together; returns what is wrong with any of them."""
    shops = [Shop.of(number, case, folder) for number, case in enumerate(cases)]
    refusals = {shop.name: refusal(shop) for shop in shops}
    faults = [
        f"{fault} {shop.case!r}"
        for shop in shops
        for fault in [wrong_refusal(shop, refusals[shop.name])]
        if fault
    ]
    opened = [shop for shop in shops if refusals[shop.name] is None]
    return faults + (faults_of_build(opened, folder / "build", manifest))


def refusal(shop: Shop) -> Exception | None:
    """Open a shop alone and read all of it; returns what stopped that."""
    with duckdb.connect() as conn:
        try:
            # read once, not once for each shop
            with patch.object(catalogue, "declared_layouts", lambda: LAYOUTS):
                open_raw(conn, {shop.name: shop.place})
            for table in shop.tables:
                conn.execute(f"from raw.{shop.case.layout}.{table}").fetchall()
        except Exception as error:  # noqa: BLE001 - any of them is looked at
            return error
    return None


def wrong_refusal(shop: Shop, error: Exception | None) -> str | None:
    """Tell what is wrong with a refusal, or with there being none."""
    expected = stops(shop.case)
    if error is None:
        return "opened without what it needs" if expected == "must" else None
    if not isinstance(error, RawDataError):
        return f"{type(error).__name__}: {error}"
    message = str(error.msg)
    if "\n" in message or not message.startswith(f"{shop.name}: "):
        return f"not one line that names the shop: {message!r}"
    return f"refused though sound: {message}" if expected == "never" else None


# --- building ------------------------------------------------------------------------


def faults_of_build(shops: list[Shop], folder: Path, manifest: Manifest) -> list[str]:
    """Build and test shops; where a model breaks, find the shops that break it."""
    variables = {
        "raw": {shop.name: shop.place for shop in shops},
        # tracking and books of these have little to do with each other
        "max_gap_share": 1_000_000_000,
    }
    only = ("--resource-type", "model", "--resource-type", "seed")
    built = dbt(folder, "build", *only, variables=variables, manifest=manifest)
    if broken := broken_nodes(built):
        if len(shops) == 1:
            return [f"{broken} {shops[0].case!r}"]
        half = len(shops) // 2
        return [
            fault
            for number, some in enumerate((shops[:half], shops[half:]))
            for fault in faults_of_build(
                some, folder.with_name(f"{folder.name}{number}"), manifest
            )
        ] or [f"{broken} (only together)"]
    tests = ("test", "--exclude-resource-type", "unit_test", "--store-failures")
    tested = dbt(
        folder,
        *(*tests, "--exclude", "path:tests/macros"),
        variables=variables,
        manifest=manifest,
    )
    with duckdb.connect(str(built.database), read_only=True) as conn:
        return [
            *failed_tests(conn, tested, {shop.name: shop.case for shop in shops}),
            *(
                f"{fault} {shop.case!r}"
                for shop in shops
                for fault in (*wrong_rows(conn, shop), *wrong_totals(conn, shop))
            ),
        ]


def broken_nodes(built: Build) -> str:
    """Tell what broke in a build of models; nothing where all is well."""
    if built.outcome.exception is not None:
        return repr(built.outcome.exception)
    return "; ".join(
        f"{result.node.name}: {result.message}"
        for result in built.outcome.result.results
        if str(result.status) not in SOUND_STATUSES
    )


def failed_tests(
    conn: duckdb.DuckDBPyConnection, tested: Build, cases: dict[str, Case]
) -> list[str]:
    """List the tests that found something, for each shop that they found it in."""
    if tested.outcome.exception is not None:
        return [repr(tested.outcome.exception)]
    faults = []
    for result in tested.outcome.result.results:
        name, status = result.node.name, str(result.status)
        if status in SOUND_STATUSES:
            continue
        if status != "fail":
            faults.append(f"{name}: {result.message}")
            continue
        cursor = conn.execute(f"from {result.node.relation_name}")
        columns = [column[0] for column in cursor.description]
        found: dict[str, dict[str, Any]] = {}
        for values in cursor.fetchall():
            row = dict(zip(columns, values, strict=True))
            found.setdefault(str(row.get("property")), row)
        faults += [
            f"{name}: {row} {cases.get(site)!r}"
            for site, row in found.items()
            if not (name in OF_THE_BOOKS and is_nothing_booked(conn, site))
        ]
    return faults


def is_nothing_booked(conn: duckdb.DuckDBPyConnection, site: str) -> bool:
    """Tell whether what was booked in a shop comes to nothing."""
    return total(conn, "intermediate.int_backend_conversions", "revenue", site) <= 0


def total(
    conn: duckdb.DuckDBPyConnection, relation: str, column: str, site: str
) -> Decimal:
    """Sum up a column for a shop."""
    ((found,),) = conn.execute(
        f"select coalesce(sum({column}), 0) from {relation} where property = ?", [site]
    ).fetchall()
    return Decimal(found)


# --- rows and totals -----------------------------------------------------------------


def rejected(
    conn: duckdb.DuckDBPyConnection, site: str, table: str, layer: str
) -> list[tuple[str | None, str | None]]:
    """List the rows of a table that were rejected: reason and row."""
    return conn.execute(
        "select reason, raw_row from marts.fct_rejected_rows "
        "where property = ? and raw_table = ? and layer = ?",
        [site, table, layer],
    ).fetchall()


def rows_that_stayed(
    conn: duckdb.DuckDBPyConnection, shop: Shop, table: str
) -> tuple[list[list[tuple[Row, bool]]], Counter]:
    """Tell of each written row whether it stayed, in groups of which one may.

    Returns:
        The groups, and what was rejected and never written.
    """
    refused = Counter(
        shown(shop, table, json.loads(row or "{}"))
        for reason, row in rejected(conn, shop.name, table, "staging")
        if not is_no_row(reason)
    )
    groups = []
    for group in kept_groups(shop.case.layout, table, shop.tables[table].rows):
        groups.append([])
        for row in group:
            seen = shown(shop, table, row)
            groups[-1].append((row, refused[seen] == 0))
            refused[seen] -= refused[seen] > 0
    return groups, +refused


def is_no_row(reason: str | None) -> bool:
    """Tell whether a line was rejected before it was a row."""
    return str(reason).startswith("the line is no row")


def shown(shop: Shop, table: str, row: Row) -> tuple[str, ...]:
    """Tell a row by what is shown of it when it is rejected."""
    hidden = LAYOUTS[shop.case.layout][table].pii
    return tuple(
        told(spec_of(shop.case.layout, table, name)["kind"], row.get(name) or "")
        for name in COLUMNS[shop.case.layout][table]
        if name not in hidden
    )


def told(kind: str, value: str) -> str:
    """Tell a value as a reader does: a day is told by the clock of the shop.

    That clock is UTC here. A time without an offset is as it was written.
    """
    try:
        moment = datetime.fromisoformat(value.strip(" "))
    except ValueError:
        return value
    if kind != "day" or moment.tzinfo is None:
        return value
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def wrong_rows(conn: duckdb.DuckDBPyConnection, shop: Shop) -> list[str]:
    """List the rows of a shop that are where they should not be."""
    faults = []
    for table, sheet in shop.tables.items():
        reasons = [reason for reason, _ in rejected(conn, shop.name, table, "staging")]
        if None in reasons:
            faults.append(f"{table}: rejected without a reason")
        if not sheet.is_exact:
            continue
        staged = f"staging.stg_{shop.case.layout}__{table}"
        counts = (total(conn, staged, "1", shop.name), len(reasons))
        if sum(counts) != len(sheet.rows) + sheet.malformed:
            faults.append(
                f"{table}: {len(sheet.rows)} rows and {sheet.malformed} lines that are "
                f"none became {counts}"
            )
        groups, invented = rows_that_stayed(conn, shop, table)
        if invented:
            faults.append(f"{table}: rejected and never written: {list(invented)}")
        for group in groups:
            faults += wrong_group(shop, table, group)
    return faults


def wrong_group(shop: Shop, table: str, group: list[tuple[Row, bool]]) -> list[str]:
    """Tell what is wrong with rows of which one may stay, and whether they did."""
    verdicts = [verdict(shop.case.layout, table, row) for row, _ in group]
    stayed = [
        judgement
        for judgement, (_, has_stayed) in zip(verdicts, group, strict=True)
        if has_stayed
    ]
    if BAD in stayed:
        return [f"{table}: a bad row was taken: {group}"]
    if OPEN not in verdicts and SOUND in verdicts and stayed != [SOUND]:
        return [f"{table}: not one row stayed: {group}"]
    return []


# an amount, its places and what a row refused later calls it; where its sum is
TRACKED, BOOKED = "intermediate.int_tracked_conversions", "marts.fct_conversions"
TOTALS = {
    ("company_x", "conversions", "revenue", 2, "revenue"): [(TRACKED, "revenue")],
    ("company_x", "conversions_backend", "revenue", 2, "revenue"): [(BOOKED, "booked")],
    ("company_x", "api_adwords_costs", "cost", 6, "cost"): [
        ("marts.fct_campaign_days", "cost"),
        ("marts.rpt_channel_costs", "ad_cost"),
    ],
    ("afisha", "costs", "costs", 6, "cost"): [
        ("marts.fct_campaign_days", "cost"),
        ("marts.rpt_channel_costs", "ad_cost"),
    ],
    ("contract", "conversions", "revenue", 2, "revenue"): [(TRACKED, "revenue")],
    ("contract", "backend_conversions", "revenue", 2, "revenue"): [(BOOKED, "booked")],
    ("contract", "ad_costs", "cost", 6, "cost"): [
        ("marts.fct_campaign_days", "cost"),
        ("marts.rpt_channel_costs", "ad_cost"),
    ],
    ("contract", "sessions", "session_cost", 6, "session_cost"): [
        ("marts.fct_sessions", "session_cost"),
    ],
    ("shopify", "orders", "total", 2, "revenue"): [(BOOKED, "revenue")],
}


def wrong_totals(conn: duckdb.DuckDBPyConnection, shop: Shop) -> list[str]:
    """Add up the rows that stayed, and compare with the marts to the cent."""
    faults = []
    for (layout, table, column, places, later), sums in TOTALS.items():
        if layout != shop.case.layout or not is_exact(shop, table):
            continue
        groups, _ = rows_that_stayed(conn, shop, table)
        written = [
            amount(row.get(column), places)
            for group in groups
            for row, has_stayed in group
            if has_stayed
        ]
        refused = [
            Decimal(json.loads(row or "{}").get(later) or 0)
            for _, row in rejected(conn, shop.name, table, "intermediate")
        ]
        expected = sum(filter(None, written), Decimal(0)) - sum(refused)
        for relation, measure in sums:
            found = (
                booked(conn, shop.name)
                if measure == "booked"
                else total(conn, relation, measure, shop.name)
            )
            if found != expected:
                faults.append(f"{table}.{column}: {expected} became {found} {relation}")
    return faults


def is_exact(shop: Shop, table: str) -> bool:
    """Tell whether all that a reader sees of a table is known."""
    return table in shop.tables and shop.tables[table].is_exact


def booked(conn: duckdb.DuckDBPyConnection, site: str) -> Decimal:
    """Sum up the revenue of conversions that the books hold."""
    relation = "(from marts.fct_conversions where is_in_backend)"
    return total(conn, relation, "revenue", site)
