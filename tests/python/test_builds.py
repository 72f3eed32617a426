"""Whole builds on inputs that a sample does not have, many properties at a time."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from contextlib import closing
from itertools import combinations
from pathlib import Path

import duckdb
import pytest

from support import REAL_DATA, SEEDS, Build, dbt, mart_names, read_rows, write_rows

pytestmark = pytest.mark.slow

TABLES = (
    "session_sources",
    "conversions",
    "conversions_backend",
    "api_adwords_costs",
    "attribution_customer_journey",
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build each table alone, each pair of tables, and some that hold no rows."""
    folder = tmp_path_factory.mktemp("parts")
    choices = [(t,) for t in TABLES] + list(combinations(TABLES, 2))
    raw: dict[str, object] = {}
    for tables in choices:
        place = folder / "-".join(tables)
        place.mkdir()
        for table in tables:
            shutil.copy(SEEDS / "company_x" / f"{table}.csv", place)
        raw["-".join(tables)] = {"layout": "company_x", "path": str(place)}
    for name, text in (("nothing", ""), ("header", None)):
        place = folder / name
        place.mkdir()
        for table in TABLES:
            if table == "conversions_backend":
                continue  # an empty backend blocks publishing, see below
            header = (SEEDS / "company_x" / f"{table}.csv").read_text().split("\n")[0]
            (place / f"{table}.csv").write_text(header if text is None else text)
        raw[name] = {"layout": "company_x", "path": str(place)}
    variables = {"raw": raw, "max_gap_share": 1}
    return dbt(folder / "build", "build", variables=variables)


@pytest.mark.nightly
def test_each_table_alone_and_each_pair_builds(parts: Build) -> None:
    assert parts.faults == {}


@pytest.mark.nightly
def test_tables_without_rows_give_marts_without_rows(parts: Build) -> None:
    with duckdb.connect(str(parts.database), read_only=True) as conn:
        for mart in mart_names(conn):
            # a file without rows is a file all the same, and a table
            others = "check_name not in ('nul_bytes_removed', 'columns_ignored')"
            rows = conn.execute(
                f"from marts.{mart} where property in ('nothing', 'header')"
                + (f" and {others}" if mart == "rpt_data_quality" else "")
            ).fetchall()
            assert rows == [], mart


@pytest.mark.nightly
def test_a_mart_is_empty_where_a_table_it_needs_is_absent(parts: Build) -> None:
    needs = {
        "fct_sessions": {"session_sources"},
        "fct_conversions": {"conversions"},
        "fct_conversion_reconciliation": {"conversions", "conversions_backend"},
        "fct_campaign_days": {"api_adwords_costs"},
        "fct_touchpoints": {"session_sources", "conversions"},
    }
    either = {"fct_conversions": {"conversions_backend"}}
    either["fct_touchpoints"] = {"session_sources", "conversions_backend"}
    for mart, tables in needs.items():
        filled = {
            name
            for (name,) in parts.rows(f"select distinct property from marts.{mart}")
        }
        for (name,) in parts.rows(
            "select distinct property from staging.stg_raw__tables"
        ):
            present = set(name.split("-"))
            can = tables <= present or either.get(mart, {"none"}) <= present
            assert (name in filled) == can, (mart, name)


@pytest.mark.nightly
def test_conversions_without_a_backend_all_count(parts: Build) -> None:
    assert parts.rows(
        "select count(*) filter (not is_counted), bool_or(is_in_backend), "
        "count(*) filter (revenue > 0) > 400 "
        "from marts.fct_conversions where property = 'conversions'"
    ) == [(0, False, True)]


def test_an_empty_backend_fails_the_build(tmp_path: Path) -> None:
    shutil.copy(SEEDS / "company_x" / "conversions.csv", tmp_path)
    (tmp_path / "conversions_backend.csv").write_text("conv_id,conv_date,revenue\n")

    # the one assertion and what it needs: that it fails is enough
    build = dbt(
        tmp_path / "build",
        "build",
        *("--select", "+assert_backend_is_not_empty"),
        variables={"raw": {"company_x": str(tmp_path)}},
    )

    failed = {name for name, status in build.faults.items() if status == "fail"}
    assert "assert_backend_is_not_empty" in failed


def test_books_that_paid_back_more_than_they_earned_agree(tmp_path: Path) -> None:
    for name in ("conversions", "conversions_backend"):
        row = {"conv_id": "c1", "conv_date": "2021-07-15", "revenue": "-5.00"}
        write_rows(tmp_path / f"{name}.csv", [row])

    build = dbt(
        tmp_path / "build",
        "build",
        *("--select", "+assert_backend_agrees_with_tracking"),
        variables={"raw": {"company_x": str(tmp_path)}},
    )

    assert build.statuses["assert_backend_agrees_with_tracking"] == "pass"


@pytest.fixture(scope="module")
def own_models(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build with a rule of one's own, Markov of order 2, net credits."""
    mine = {"name": "mine", "first": 1, "last": 3, "exclude_direct": True}
    variables = {
        "attribution_models": ["linear", "markov", mine],
        "default_attribution_model": "mine",
        "markov_order": 2,
        "new_journey_after_conversion": True,
        "credit_revenue": "net",
        "customer_revenue": "gross",
    }
    folder = tmp_path_factory.mktemp("own")
    return dbt(folder, "build", variables=variables)


@pytest.mark.nightly
def test_a_rule_of_ones_own_is_in_credits_and_reports(own_models: Build) -> None:
    assert own_models.faults == {}
    for mart in (
        "fct_attribution_credits",
        "rpt_channel_attribution",
        "rpt_channel_performance",
        "rpt_attribution_models",
    ):
        models = own_models.rows(f"select distinct attribution_model from marts.{mart}")
        assert {name for (name,) in models} == {"linear", "markov", "mine"}, mart


@pytest.mark.nightly
def test_a_rule_that_excludes_direct_credits_it_only_alone(own_models: Build) -> None:
    """Of two touches the first has 1/4 and the last 3/4 (1 and 3), direct aside."""
    found = own_models.rows(
        "select touch_number, credit_share::double from marts.fct_attribution_credits "
        "where attribution_model = 'mine' and conversion_id = (select conversion_id "
        "from marts.fct_touchpoints where property = 'company_x' group by all "
        "having count(*) = 3 and bool_or(touch_number = 2 and is_direct) "
        "and count(*) filter (is_direct) = 1 order by conversion_id limit 1) order by 1"
    )
    assert found == [(1, 0.25), (2, 0.0), (3, 0.75)]


@pytest.mark.nightly
def test_net_credits_are_what_is_left_and_gross_customers_what_was_earned(
    own_models: Build, sample: Build
) -> None:
    left, earned, refunded = own_models.rows(
        "select sum(net_revenue), sum(revenue), sum(refunded_revenue) "
        "from marts.fct_conversions where is_counted and property = 'corner_shop'"
    )[0]
    assert refunded > 0
    credited = "select sum(credited_revenue) from marts.rpt_attribution_models "
    credited += "where property = 'corner_shop' and attribution_model = 'linear'"
    assert own_models.rows(credited) == [(left,)]
    assert sample.rows(credited) == [(earned,)]
    worth = "select sum(cumulative_revenue) from marts.rpt_ltv where month_number = 0 "
    worth += "and property = 'corner_shop' and channel = '(all)' and device = '(all)'"
    month = "from marts.{} where property = 'corner_shop' and {}"
    gross = month.format(
        "fct_conversions", "is_counted and conversion_date < '2024-11-01'"
    )
    back = month.format("fct_refunds", "refund_date < '2024-11-01'")
    assert own_models.rows(worth) == own_models.rows(f"select sum(revenue) {gross}")
    assert sample.rows(worth) == sample.rows(
        f"select (select sum(revenue) {gross}) - (select sum(refunded_revenue) {back})"
    )


@pytest.mark.nightly
def test_markov_beyond_order_1_has_effects_and_no_intervals(own_models: Build) -> None:
    assert own_models.rows(
        "select count(*) > 10, count(revenue_low), count(*) = count(removal_effect) "
        "from marts.rpt_attribution_models "
        "where attribution_model = 'markov' and channel != '(no touchpoint)'"
    ) == [(True, 0, True)]


@pytest.fixture(scope="module")
def odd_rows(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build a property whose rows are odd in every way that a CSV file allows."""
    folder = tmp_path_factory.mktemp("odd")
    lines = [
        "conv_id,user_id,conv_date,market,revenue",
        "ok,u1,2021-07-15,GB,10.00",
        "short,u1,2021-07-15",
        "long,u1,2021-07-15,GB,10.00,more",
        "nan,u1,2021-07-15,GB,nan",
        "huge,u1,2021-07-15,GB,99999999999999999999",
        "ages,u1,9999-12-31,GB,1",
        "never,u1,infinity,GB,1",
        "' or 1=1 --,u1,2021-07-15,GB,1",
        "\N{PILE OF POO},u1,2021-07-15,GB,1",
        "negative,u1,2021-07-15,GB,-5",
        '"two\nlines",u1,2021-07-15,GB,1',
    ]
    (folder / "conversions.csv").write_text("\n".join(lines) + "\n")
    raw = {"company_x": str(folder)}
    return dbt(folder / "build", "build", variables={"raw": raw})


def test_odd_rows_never_stop_a_build(odd_rows: Build) -> None:
    assert odd_rows.faults == {}
    assert odd_rows.rows(
        "select conversion_id, revenue::double from marts.fct_conversions order by all"
    ) == [
        ("' or 1=1 --", 1.0),
        ("negative", -5.0),
        ("ok", 10.0),
        ("two\nlines", 1.0),
        ("\N{PILE OF POO}", 1.0),
    ]


def test_odd_rows_are_refused_with_what_is_wrong(odd_rows: Build) -> None:
    reasons = odd_rows.rows("select reason from marts.fct_rejected_rows order by all")
    assert [reason for (reason,) in reasons] == [
        "conv_date is not a date",
        "conv_date is not a date",
        "revenue is not an amount",
        "revenue is not an amount",
        "the line is no row: Expected Number of Columns: 5 Found: 3",
        "the line is no row: Expected Number of Columns: 5 Found: 6",
    ]


# --- real data, where it is there ----------------------------------------------------


def needs(name: str) -> pytest.MarkDecorator:
    """Skip where a folder of real data is absent."""
    return pytest.mark.skipif(
        not (REAL_DATA / name).is_dir(), reason=f"no real data in {name}"
    )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the real Company X: 2021, 2023 from sessions, 2023 with its journeys."""
    folder = tmp_path_factory.mktemp("real")
    data = REAL_DATA / "company_x_2023"
    conversions = [
        {
            "conv_id": row["conv_id"],
            "user_id": row["user_id"],
            "conv_date": row["last_session_ts"].split()[0],
            "conv_time": row["last_session_ts"].split()[1],
            "revenue": row["revenue"],
        }
        for row in read_rows(data / "conversions_with_journeys.csv")
    ]
    for name in ("sessions", "provided"):
        write_rows(folder / name / "conversions.csv", conversions)
        shutil.copy(
            data / "session_sources_in_journeys.csv",
            folder / name / "session_sources.csv",
        )
    shutil.copy(
        data / "attribution_ihc_ifte110.csv",
        folder / "provided" / "attribution_customer_journey.csv",
    )
    raw = {
        "company_x": str(REAL_DATA / "company_x_2021"),
        "from_sessions": {"layout": "company_x", "path": str(folder / "sessions")},
        "provided": {"layout": "company_x", "path": str(folder / "provided")},
    }
    return dbt(folder / "build", "build", variables={"raw": raw})


@pytest.mark.nightly
@needs("company_x_2021")
@needs("company_x_2023")
class TestRealData:
    """The published figures of the real files."""

    def test_it_builds(self, real: Build) -> None:
        assert real.faults == {}

    def test_2021_conversions(self, real: Build) -> None:
        assert real.rows(
            "select count(*) from marts.fct_conversions where property = 'company_x'"
        ) == [(16_938,)]
        assert real.rows(
            "select reason, count(*) from marts.fct_rejected_rows "
            "where property = 'company_x' group by reason"
        ) == [("conversion_id is repeated", 16)]

    def test_2021_revenue(self, real: Build) -> None:
        rows = read_rows(REAL_DATA / "company_x_2021" / "conversions.csv")
        kept = {row["conv_id"]: row for row in sorted(rows, key=by_user, reverse=True)}
        cents = sum(round(100 * float(row["revenue"])) for row in kept.values())
        assert real.rows(
            "select sum(revenue) * 100 from marts.fct_conversions "
            "where property = 'company_x'"
        ) == [(cents,)]

    def test_2023_touchpoints_are_the_customer_journeys(self, real: Build) -> None:
        folder = REAL_DATA / "company_x_2023"
        nobodys = {
            row["conv_id"]
            for row in read_rows(folder / "conversions_with_journeys.csv")
            if not row["user_id"]
        }
        expected = sorted(
            (row["conv_id"], row["session_id"])
            for row in read_rows(folder / "customer_journeys.csv")
            if row["conv_id"] not in nobodys
        )
        actual = real.rows(
            "select conversion_id, session_id from marts.fct_touchpoints "
            "where property = 'from_sessions' order by all"
        )
        assert len(expected) == 3_703
        assert actual == expected

    def test_2023_provided_shares_sum_to_1(self, real: Build) -> None:
        assert real.rows(
            "select count(*), min(share), max(share) from ("
            "select sum(credit_share) as share from marts.fct_attribution_credits "
            "where property = 'provided' and attribution_model = 'provided' "
            "group by conversion_id)"
        ) == [(1_946, 1, 1)]

    def test_2023_deviating_weights_are_reported(self, real: Build) -> None:
        path = REAL_DATA / "company_x_2023" / "attribution_ihc_ifte110.csv"
        sums: dict[str, float] = {}
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                key = row["conv_id"]
                sums[key] = sums.get(key, 0) + float(row["ihc"])
        expected = sorted(key for key, total in sums.items() if abs(total - 1) > 0.001)
        actual = real.rows(
            "select finding_key from marts.fct_data_quality_findings "
            "where property = 'provided' and check_name = 'provided_weights_off' "
            "order by all"
        )
        assert len(expected) == 21
        assert [key for (key,) in actual] == expected


def by_user(row: dict[str, str]) -> str:
    """Order copies of a conversion by their user."""
    return row["user_id"]


def test_a_marketplace_in_sqlite_is_read_as_from_files(
    sample: Build, tmp_path: Path
) -> None:
    """Its models read raw rows several times, which another database may not bear."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as conn:
        for table in ("clicks", "listings"):
            rows = read_rows(SEEDS / "vestiaire" / f"{table}.csv")
            names = ", ".join(f'"{name}"' for name in rows[0])
            marks = ", ".join("?" * len(rows[0]))
            conn.execute(f"create table {table} ({names})")
            conn.executemany(
                f"insert into {table} values ({marks})",
                [tuple(row.values()) for row in rows],
            )
        conn.commit()
    tables = ("stg_vestiaire__clicks", "stg_vestiaire__listings")
    build = dbt(
        tmp_path / "build",
        *("run", "--select", *(f"+{table}" for table in tables)),
        variables={"raw": {"vestiaire": str(tmp_path / "shop.db")}},
    )
    assert build.faults == {}
    for table in tables:
        query = f"from staging.{table} order by all"
        assert build.rows(query) == sample.rows(query) != []
