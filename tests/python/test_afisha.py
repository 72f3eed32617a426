"""Afisha: the real files to the cent and digit, and the same rows in other files."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import pytest

import answers
from publish import publish
from support import REAL_DATA, SEEDS, Build, Written, dbt, read_rows, write_rows

pytestmark = pytest.mark.slow

REAL = REAL_DATA / "afisha"
SAMPLE = SEEDS / "afisha"
REAL_FILES = (
    ("real", "orders", "orders_log_us.csv"),
    ("real", "costs", "costs_us.csv"),
    ("excel", "orders", "orders_log_us.excel_damaged.csv"),
)
DIGITS_LOST = "uid is in scientific notation: its digits are lost"

needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason="no real data in afisha")


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build shops side by side.

    The sample from its files, shuffled, and as Parquet with types of its own; and the
    real orders and costs without visits, and the damaged copy, if they are there.
    """
    folder = tmp_path_factory.mktemp("shops")
    for table in ("visits", "orders", "costs"):
        rows = read_rows(SAMPLE / f"{table}.csv")
        write_rows(
            folder / "shuffled" / f"{table}.csv", Random(7).sample(rows, len(rows))
        )
    typed = folder / "typed"
    typed.mkdir()
    with duckdb.connect() as conn:
        conn.execute(
            'copy (select try_cast("Uid" as ubigint) as "Uid", '
            'cast("Buy Ts" as timestamp) as "Buy Ts", '
            'cast("Revenue" as decimal(9, 2)) as "Revenue" '
            f"from read_csv('{SAMPLE / 'orders.csv'}', all_varchar = true) "
            'where try_cast("Buy Ts" as timestamp) is not null '
            'and try_cast("Revenue" as decimal(9, 2)) is not null '
            'and ("Uid" is null or try_cast("Uid" as ubigint)::text = "Uid")) '
            f"to '{typed / 'orders.parquet'}'"
        )
    raw = {
        name: {"layout": "afisha", "path": str(path)}
        for name, path in (
            ("delivered", SAMPLE),
            ("shuffled", folder / "shuffled"),
            ("typed", typed),
        )
    }
    if REAL.is_dir():
        for place, table, name in REAL_FILES:
            (folder / place).mkdir(exist_ok=True)
            shutil.copy(REAL / name, folder / place / f"{table}.csv")
            raw[place] = {"layout": "afisha", "path": str(folder / place)}
    return dbt(folder / "build", "build", variables={"raw": raw})


def ids(build: Build, site: str, mart: str = "fct_conversions") -> set[tuple]:
    """Read the ids of a property, with whose and when."""
    key, at = {
        "fct_conversions": ("conversion_id", "converted_at"),
        "fct_sessions": ("session_id", "started_at"),
    }[mart]
    return set(
        build.rows(
            f"select {key}, user_id, {at} from marts.{mart} where property = '{site}'"
        )
    )


def test_they_build(shops: Build) -> None:
    assert shops.faults == {}


def test_ids_do_not_depend_on_the_order_of_rows(shops: Build) -> None:
    for mart in ("fct_conversions", "fct_sessions"):
        assert len(ids(shops, "delivered", mart)) > 900
        assert ids(shops, "shuffled", mart) == ids(shops, "delivered", mart)


def test_ids_are_those_of_the_sample(sample: Build, shops: Build) -> None:
    for mart in ("fct_conversions", "fct_sessions"):
        assert ids(shops, "delivered", mart) == ids(sample, "afisha", mart)


def test_ids_do_not_depend_on_the_types_of_a_file(shops: Build) -> None:
    """All but the orders of 007, which is no number."""
    delivered = ids(shops, "delivered")
    assert ids(shops, "typed") == {row for row in delivered if row[1] != "007"}


def test_rows_that_are_alike_all_count(sample: Build) -> None:
    """As many orders stay as there are lines, whatever they have in common."""
    lines = Counter(
        (row["Uid"] or None, row["Buy Ts"], row["Revenue"])
        for row in read_rows(SAMPLE / "orders.csv")
    )
    twice = {key: count for key, count in lines.items() if count > 1}
    assert len(twice) >= 3
    kept = dict(
        ((uid, str(at), str(net)), count)
        for uid, at, net, count in sample.rows(
            "select user_id, converted_at, net_revenue, count(*) "
            "from marts.fct_conversions where property = 'afisha' group by all"
        )
    )
    assert {key: kept.get(key) for key in twice} == twice


def test_net_revenue_is_what_the_orders_say(sample: Build) -> None:
    sound = [
        Decimal(row["Revenue"])
        for row in read_rows(SAMPLE / "orders.csv")
        if row["Buy Ts"][:2] == "20"
        and row["Revenue"].replace(".", "").replace("-", "").isdigit()
        and (not row["Uid"] or (row["Uid"].isdigit() and int(row["Uid"]) < 2**64))
    ]
    assert min(sound) < 0
    assert sample.rows(
        "select sum(net_revenue), sum(revenue), sum(refunded_revenue) "
        "from marts.fct_conversions where property = 'afisha'"
    ) == [
        (
            sum(sound),
            sum(amount for amount in sound if amount > 0),
            -sum(amount for amount in sound if amount < 0),
        )
    ]


# --- real data, where it is there ----------------------------------------------------


@needs_real_data
class TestRealData:
    """What the real files say, read a second time with Python's decimals."""

    def test_every_order_has_its_digits_and_cents(self, shops: Build) -> None:
        expected = Counter(
            (row["Uid"], row["Buy Ts"], Decimal(row["Revenue"]))
            for row in read_rows(REAL / "orders_log_us.csv")
        )
        actual = Counter(
            (uid, str(at), revenue)
            for uid, at, revenue in shops.rows(
                "select user_id, converted_at, revenue from marts.fct_conversions "
                "where property = 'real' and is_counted"
            )
        )
        assert expected.total() == 50_415
        assert len({uid for uid, *_ in expected}) == 36_523
        assert actual == expected

    def test_revenue_and_spend_are_right_to_the_cent(self, shops: Build) -> None:
        orders = read_rows(REAL / "orders_log_us.csv")
        revenue = sum(Decimal(row["Revenue"]) for row in orders)
        assert shops.rows(
            "select sum(revenue), sum(net_revenue) from marts.fct_conversions "
            "where property = 'real'"
        ) == [(revenue, revenue)]

        spend: dict[tuple[str, str], Decimal] = {}
        for row in read_rows(REAL / "costs_us.csv"):
            key = row["source_id"], row["dt"]
            spend[key] = spend.get(key, Decimal(0)) + Decimal(row["costs"])
        actual = {
            (source, str(day)): cost
            for source, day, cost in shops.rows(
                "select campaign_id, cost_date, cost from marts.fct_campaign_days "
                "where property = 'real'"
            )
        }
        assert actual == spend
        assert shops.rows(
            "select sum(ad_cost), count(distinct channel), max(channel) "
            "from marts.rpt_channel_costs where property = 'real'"
        ) == [(sum(spend.values()), 1, "(no session)")]

    def test_what_cohorts_bring_is_right_to_the_cent(self, shops: Build) -> None:
        orders = [
            (row["Uid"], row["Buy Ts"][:7], Decimal(row["Revenue"]))
            for row in sorted(
                read_rows(REAL / "orders_log_us.csv"), key=lambda row: row["Buy Ts"]
            )
        ]
        cohorts: dict[str, str] = {}
        for uid, month, _ in orders:
            cohorts.setdefault(uid, month)
        months = sorted({month for _, month, _ in orders})
        expected = {}
        for place, cohort in enumerate(months):
            so_far = Decimal(0)
            for number, month in enumerate(months[place:]):
                amounts = [
                    a for u, m, a in orders if (cohorts[u], m) == (cohort, month)
                ]
                so_far += sum(amounts)
                # the data end with the first day of June 2018
                total = so_far if month < months[-1] else None
                expected[cohort, number] = (len(amounts), sum(amounts), total)
        actual = {
            (str(cohort)[:7], number): cells
            for cohort, number, *cells in shops.rows(
                "select cohort_month, month_number, conversion_count, revenue, "
                "cumulative_revenue from marts.rpt_ltv "
                "where property = 'real' and channel = '(all)' and device = '(all)'"
            )
        }
        assert months[-1] == "2018-06"
        assert actual == {key: list(cells) for key, cells in expected.items()}
        buyers = shops.rows(
            "select cohort_month, max(buyers) from marts.rpt_ltv "
            "where property = 'real' and channel = '(all)' and device = '(all)' "
            "group by cohort_month"
        )
        assert {str(m)[:7]: n for m, n in buyers} == Counter(cohorts.values())

    @pytest.mark.nightly
    def test_answers_that_need_visits_are_empty_the_others_right(
        self, shops: Build, tmp_path: Path
    ) -> None:
        published = tmp_path / "tributary.duckdb"
        publish(shops.database, published, shops.manifest)
        folder = tmp_path / "answers"
        list(answers.write_answers(published, folder))
        written = Written(folder, "")
        names = [path.stem for path in (folder / "afisha").glob("*.csv")]
        empty = {name for name in names if not written.rows(name, "real")}
        assert empty - {"budget"} == {
            "active_users",
            "active_users_over_time",
            "sessions_per_user",
            "session_length",
            "retention",
        }
        (orders,) = [
            row for row in written.rows("orders", "real") if row["period"] == "(all)"
        ]
        revenue = sum(
            Decimal(row["Revenue"]) for row in read_rows(REAL / "orders_log_us.csv")
        )
        cost = sum(Decimal(row["costs"]) for row in read_rows(REAL / "costs_us.csv"))
        assert (orders["order_count"], orders["buyer_count"]) == ("50415", "36523")
        assert Decimal(orders["revenue"]) == revenue
        spend = written.rows("spend", "real")[0]
        assert (spend["cost_month"], spend["channel"]) == ("(all)", "(all)")
        assert Decimal(spend["cost"]) == cost
        verdicts = {row["verdict"] for row in written.rows("conclusion", "real")}
        assert verdicts == {"whole", "no session"}

    def test_marts_that_need_visits_are_empty(self, shops: Build) -> None:
        for mart in (
            "fct_sessions",
            "rpt_sessions_daily",
            "rpt_active_users",
            "fct_touchpoints",
            "fct_conversion_reconciliation",
            "rpt_retention",
        ):
            rows = shops.rows(f"select * from marts.{mart} where property = 'real'")
            assert rows == [], mart

    def test_no_check_judges_what_is_not_there(self, shops: Build) -> None:
        checks = shops.rows(
            "select check_name, status from marts.rpt_data_quality "
            "where property = 'real' and status != 'ok' order by all"
        )
        assert {name for name, _ in checks} <= {
            "daily_spike",
            "missing_day",
            "cost_day_missing",
            "user_with_many_conversions",
        }

    def test_all_that_a_spreadsheet_damaged_is_rejected(self, shops: Build) -> None:
        lost = [
            row["Uid"]
            for row in read_rows(REAL / "orders_log_us.excel_damaged.csv")
            if "E+" in row["Uid"]
        ]
        rejected = shops.rows(
            "select reason, raw_row from marts.fct_rejected_rows "
            "where property = 'excel' and raw_table = 'orders'"
        )
        assert len(lost) == 50_415
        assert {reason for reason, _ in rejected} == {DIGITS_LOST}
        assert Counter(json.loads(text)["uid"] for _, text in rejected) == Counter(lost)
        assert shops.rows(
            "select count(*) from marts.fct_conversions where property = 'excel'"
        ) == [(0,)]
