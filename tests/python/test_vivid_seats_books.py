"""Sales and orders that have books beside them, and a buyer who does not count.

The layouts of Vivid Seats and Afisha bring no books of their own; those of the contract
may lie beside them. They agree but for one conversion that they never got and one at
another price, and a table of the contract tells one sale once more. What the marts must
say is counted here from the sample's staged rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from support import (
    SEEDS,
    Build,
    as_table,
    building_in,
    copied,
    copied_project,
    dbt,
    read_rows,
    write_rows,
)
from test_data_tests_bite import bites

pytestmark = pytest.mark.slow

# the view has to be a table before it can be damaged
RECONCILED = "marts.fct_conversion_reconciliation"
# what must be done to the tables for an assertion to bite; each line alone is enough
DAMAGES = {
    "assert_reconciliation_has_every_key": [
        f"delete from {RECONCILED} where conversion_id = $missing",
        f"delete from {RECONCILED} where property = 'afisha' and conversion_id = "
        f"(select min(conversion_id) from {RECONCILED} where property = 'afisha')",
        f"update {RECONCILED} set conversion_id = $staff "
        "where conversion_id = $missing",
    ],
    "assert_revenue_gaps_add_up": [
        f"update {RECONCILED} set tracked_revenue = tracked_revenue + 0.01 "
        "where conversion_id = $missing",
        f"update {RECONCILED} set tracked_revenue = tracked_revenue + 0.01 "
        "where property = 'afisha'",
        "delete from marts.fct_rejected_rows "
        "where layer = 'intermediate' and raw_table = 'customer_sales'",
        "delete from marts.fct_rejected_rows where layer = 'intermediate' "
        "and raw_table = 'orders'",
    ],
    "assert_marketplace_adds_up": [
        "delete from marts.fct_sales where sale_id = $missing",
        "update marts.fct_sales set revenue = revenue + 0.01 where sale_id = $missing",
        "update marts.fct_sales set revenue = revenue + 0.01 where sale_id = $other",
        "insert into marts.fct_sales from marts.fct_sales where sale_id = $missing",
    ],
}


@dataclass(frozen=True)
class Conversion:
    """A sale or an order as the sample's staging has it."""

    conversion_id: str
    user_id: str
    sold_at: datetime
    revenue: Decimal


@dataclass(frozen=True)
class Shop:
    """What a property has sold, and who of its buyers does not count."""

    sold: list[Conversion]
    staff: str

    @property
    def counted(self) -> list[Conversion]:
        """What somebody who counts has bought, the earliest first."""
        return [each for each in self.sold if each.user_id != self.staff]

    @property
    def missing(self) -> Conversion:
        """The sale that the books never got."""
        return self.counted[0]

    @property
    def other(self) -> Conversion:
        """The sale that the books have at another price."""
        return self.counted[1]

    @property
    def told_again(self) -> Conversion:
        """The sale that another table tells of, too, and cheaper."""
        return next(each for each in self.counted[2:] if each.revenue > 1)

    def write_books(self, folder: Path) -> None:
        """Write what the books say, and the sale that is told again."""
        dearer = {self.other.conversion_id: Decimal("0.50")}
        booked = [
            {
                "conversion_id": each.conversion_id,
                "user_id": each.user_id,
                "converted_at": f"{each.sold_at:%Y-%m-%d}",
                "revenue": str(each.revenue + dearer.get(each.conversion_id, 0)),
            }
            for each in self.sold
            if each is not self.missing
        ]
        write_rows(folder / "backend_conversions.csv", booked)
        again = self.told_again
        told = {
            "conversion_id": again.conversion_id,
            "user_id": again.user_id,
            "converted_at": again.sold_at.isoformat(),
            "revenue": str(again.revenue - Decimal("0.25")),
        }
        write_rows(folder / "conversions.csv", [told])


def shop(sample: Build, columns: str, table: str) -> Shop:
    """Read what was sold; who bought last is one of the staff."""
    sold = [
        Conversion(*row)
        for row in sample.rows(
            f"select {columns}, revenue from staging.{table} where revenue >= 0 "
            "order by 3, 1"
        )
    ]
    return Shop(sold, sold[-1].user_id)


@pytest.fixture(scope="module")
def shops(sample: Build) -> dict[str, Shop]:
    """Read both properties; an order's id is made of all that is said of it."""
    return {
        "vivid_seats": shop(
            sample,
            "sale_id, visitor_id, sold_at_local",
            "stg_vivid_seats__customer_sales",
        ),
        "afisha": shop(
            sample, "order_id, user_id, bought_at_local", "stg_afisha__orders"
        ),
    }


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory, shops: dict[str, Shop]) -> Build:
    """Build both with their books and their staff."""
    folder = tmp_path_factory.mktemp("booked")
    project = copied_project(folder / "project")
    excluded = project / "seeds/mappings/excluded_users.csv"
    rows = [
        {"property": name, "user_id": shop.staff, "reason": "staff"}
        for name, shop in shops.items()
    ]
    write_rows(excluded, read_rows(excluded) + rows)
    raw = {}
    for name, shop in shops.items():
        shop.write_books(folder / name)
        raw[name] = [
            {"layout": name, "path": str(SEEDS / name)},
            {"layout": "contract", "path": str(folder / name)},
        ]
    with building_in(project):
        return dbt(folder / "build", "build", variables={"raw": raw})


@pytest.fixture(scope="module")
def damaged(
    booked: Build, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a copy of the database that may be damaged."""
    path = tmp_path_factory.mktemp("damaged") / booked.database.name
    with copied(booked.database, path) as conn:
        for statement in as_table(RECONCILED):
            conn.execute(statement)
        yield conn


def test_every_data_test_passes(booked: Build) -> None:
    assert booked.faults == {}


def test_the_books_say_what_counts(booked: Build, shops: dict[str, Shop]) -> None:
    for name, shop in shops.items():
        expected = {
            shop.missing.conversion_id: ("missing_in_backend", False, Decimal("0.00")),
            shop.other.conversion_id: (
                "revenue_differs",
                True,
                shop.other.revenue + Decimal("0.50"),
            ),
            shop.told_again.conversion_id: (
                "revenue_differs",
                True,
                shop.told_again.revenue,
            ),
        }
        rows = booked.rows(
            "select conversion_id, status, is_counted, conversions.revenue "
            "from marts.fct_conversions as conversions "
            f"inner join {RECONCILED} using (property, conversion_id) "
            f"where property = '{name}' and status != 'matched'"
        )
        assert {key: tuple(rest) for key, *rest in rows} == expected


def test_who_does_not_count_has_bought_nothing(
    booked: Build, shops: dict[str, Shop]
) -> None:
    shop = shops["vivid_seats"]
    refused = [each for each in shop.sold if each.user_id == shop.staff]
    assert refused
    earned = sum(each.revenue for each in shop.counted)
    assert booked.rows("select count(*), sum(revenue) from marts.fct_sales") == [
        (len(shop.counted), earned)
    ]
    assert booked.rows("select sum(revenue) from marts.dim_events") == [(earned,)]
    assert booked.rows(
        "select sales_revenue from marts.rpt_listing_funnel where dimension = '(all)' "
        "and property = 'vivid_seats'"
    ) == [(earned,)]
    assert booked.rows(
        "select count(*) from marts.fct_rejected_rows "
        "where raw_table = 'customer_sales' and reason = 'excluded user: staff'"
    ) == [(len(refused),)]


def test_assertions_still_bite(
    booked: Build, damaged: duckdb.DuckDBPyConnection, shops: dict[str, Shop]
) -> None:
    tests: dict[str, Any] = {node.name: node for node in booked.nodes}
    shop = shops["vivid_seats"]
    ids = {
        "$missing": shop.missing.conversion_id,
        "$other": shop.other.conversion_id,
        "$staff": shop.sold[-1].conversion_id,
    }
    harmless = []
    for name, damages in DAMAGES.items():
        for damage in damages:
            statement = damage
            for word, value in ids.items():
                statement = statement.replace(word, f"'{value}'")
            if not bites(damaged, tests[name], statement):
                harmless.append(damage)
    assert harmless == []
