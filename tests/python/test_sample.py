"""The sample: it builds, and the marts find exactly what is planted in it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from support import PROJECT, SEEDS, Build, read_rows

Finding = tuple[str, str, str]

PLANTED = PROJECT / "tests" / "fixtures" / "planted_defects.csv"
GENERATOR = PROJECT / "scripts" / "generate_sample.py"
DECLARED_KEYS = {
    "session_sources": ["session_id"],
    "conversions": ["conv_id", "user_id", "conv_date"],
    "conversions_backend": ["conv_id", "user_id", "conv_date"],
    "api_adwords_costs": ["event_date", "campaign_id"],
    "attribution_customer_journey": ["conv_id", "session_id"],
    "session_costs": ["session_id"],
    # no declared keys: all that tells a refused row from another
    "visits": ["uid", "start_ts", "end_ts"],
    "orders": ["uid", "buy_ts", "revenue"],
    "costs": ["source_id", "dt", "costs"],
    "listings": ["id"],
    "brands": ["id_brand"],
    "category": ["id_category"],
    "clicks": ["datetime_session", "id_product"],
    "sellers": ["seller_id", "seller_since"],
    "events": ["event_id", "event_at"],
    "ticket_listings": ["listing_id", "quantity", "price"],
    "indirect_traffic": ["visitor_id", "visit_date", "visit_start_time"],
    "direct_traffic": ["visitor_id", "visit_date", "visit_start_time"],
    "customer_sales": ["sale_id", "sale_date"],
}
# the input contract calls some tables as others do
CONTRACT_KEYS = {
    "sessions": ["session_id"],
    "conversions": ["conversion_id", "user_id"],
    "backend_conversions": ["conversion_id", "user_id"],
    "ad_costs": ["campaign_id", "cost_date"],
    "refunds": ["conversion_id", "refund_id"],
    "listings": ["listing_id"],
    "listing_events": ["listing_id", "event_at"],
}
LAYOUTS = {
    "contract": list(CONTRACT_KEYS),
    "company_x": [
        "session_sources",
        "conversions",
        "conversions_backend",
        "api_adwords_costs",
        "attribution_customer_journey",
        "session_costs",
    ],
    "afisha": ["visits", "orders", "costs"],
    "vestiaire": ["listings", "brands", "category", "clicks"],
    "vivid_seats": [
        "sellers",
        "events",
        "ticket_listings",
        "indirect_traffic",
        "direct_traffic",
        "customer_sales",
    ],
}


def planted() -> set[Finding]:
    """Read what the generator says that it has planted."""
    return {
        (
            row["property"],
            row["check_name"],
            f"{row['raw_table']} {row['finding_key']}"
            if row["check_name"] == "rejected_rows"
            else row["finding_key"],
        )
        for row in read_rows(PLANTED)
    }


def found(sample: Build) -> set[Finding]:
    """Read what the marts have found; a refused row is named by its declared key."""
    findings = set(
        sample.rows(
            "select property, check_name, finding_key "
            "from marts.fct_data_quality_findings where check_name != 'rejected_rows'"
        )
    )
    rejected = sample.rows(
        "select property, raw_table, reason, raw_row from marts.fct_rejected_rows"
    )
    for site, table, reason, text in rejected:
        row = json.loads(text)
        keys = CONTRACT_KEYS if site == "corner_shop" else DECLARED_KEYS
        key = "|".join(row[column] or "" for column in keys[table])
        findings.add((site, "rejected_rows", f"{table} {reason}: {key}"))
    return findings


def test_every_node_of_the_sample_succeeds(sample: Build) -> None:
    assert sample.faults == {}


def test_no_planted_defect_is_missed(sample: Build) -> None:
    assert planted() - found(sample) == set()


def test_no_defect_is_invented(sample: Build) -> None:
    assert found(sample) - planted() == set()


def test_each_refused_row_is_refused_once(sample: Build) -> None:
    ((rows,),) = sample.rows("select count(*) from marts.fct_rejected_rows")
    assert rows == sum(
        int(row["check_name"] == "rejected_rows") for row in read_rows(PLANTED)
    )


def test_the_generator_writes_what_is_committed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, GENERATOR, "--out", tmp_path], check=True)

    written = [path for path in tmp_path.rglob("*.csv")]
    assert len(written) == 29
    for path in written:
        committed = PROJECT / path.relative_to(tmp_path)
        assert path.read_bytes() == committed.read_bytes(), committed


@pytest.mark.slow
@pytest.mark.nightly
def test_the_full_scale_has_the_real_size(tmp_path: Path) -> None:
    path = tmp_path / "company_x.db"
    subprocess.run(
        [sys.executable, GENERATOR, "--scale", "full", "--sqlite", path], check=True
    )

    with sqlite3.connect(path) as conn:
        counts = {
            table: conn.execute(f"select count(*) from {table}").fetchone()[0]
            for table in LAYOUTS["company_x"]
            if table != "session_costs"
        }
    assert counts == {
        "session_sources": 1_616_702,
        "conversions": 16_954,
        "conversions_backend": 17_283,
        "api_adwords_costs": 2_987,
        "attribution_customer_journey": 22_499,
    }


@pytest.mark.slow
@pytest.mark.nightly
def test_afisha_at_full_scale_has_the_real_size(tmp_path: Path) -> None:
    folder = tmp_path / "afisha"
    subprocess.run(
        [sys.executable, GENERATOR, "--scale", "full", "--afisha", folder], check=True
    )

    counts = {
        path.stem: sum(1 for _ in path.open(encoding="utf-8")) - 1
        for path in folder.iterdir()
    }
    assert counts == {"visits": 359_400, "orders": 50_415, "costs": 2_542}


def test_the_samples_uids_need_an_exact_reading(sample: Build) -> None:
    """Some lie above the signed range, and some are one number as doubles."""
    uids = {row["Uid"] for row in read_rows(SEEDS / "afisha" / "visits.csv")}
    whole = {uid for uid in uids if uid.isdigit() and int(uid) < 2**64}
    assert sum(int(uid) >= 2**63 for uid in whole) > 500
    assert len({float(uid) for uid in whole}) < len({int(uid) for uid in whole})
    users = sample.rows(
        "select distinct user_id from marts.fct_sessions "
        "where property = 'afisha' and user_id is not null"
    )
    # a visit that cannot be read has the uid of one that can
    assert {uid for (uid,) in users} == whole


def test_raw_rows_are_staged_or_refused(sample: Build) -> None:
    """Counted from the files themselves, not from what dbt has loaded."""
    staged = {
        (site, table): count
        for layout, tables in LAYOUTS.items()
        for table in tables
        for site, count in sample.rows(
            f"select property, count(*) from staging.stg_{layout}__{table} "
            "group by property"
        )
    }
    refused = {
        (site, table): count
        for site, table, count in sample.rows(
            "select property, raw_table, count(*) from marts.fct_rejected_rows "
            "where layer = 'staging' group by property, raw_table"
        )
    }
    paths = [path for path in SEEDS.glob("*/*.csv") if path.parent.stem != "mappings"]
    assert len(paths) == 28
    for path in paths:
        key = path.parent.name, path.stem.split("__")[-1]
        assert len(read_rows(path)) == staged[key] + refused.get(key, 0), key
