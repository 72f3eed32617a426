"""Every data test of the project is seen to fail on damaged data.

The damage is done to the marts themselves, in a transaction that is rolled back, and
the test's own compiled SQL must then return rows. A test without damage here fails.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from support import PROJECT, Build, as_table

# what only other people's tables fill (test_exports.py)
UNSAMPLED = ("_ga4_", "_page_view", "_shopify__", "_contract__journeys")
# what must be done to the tables for an assertion to bite; each line alone is enough
ASSERTIONS: dict[str, list[str]] = {
    "assert_raw_rows_are_staged_or_rejected": [
        "delete from marts.fct_rejected_rows where rejected_row_id = ("
        "select min(rejected_row_id) from marts.fct_rejected_rows "
        "where layer = 'staging')",
        "delete from staging.base_company_x__conversions where conversion_id = ("
        "select min(conversion_id) from staging.stg_company_x__conversions)",
        "insert into staging.base_company_x__session_costs "
        "from staging.base_company_x__session_costs "
        "where rejection_reason is null limit 1",
        "insert into staging.stg_raw__malformed_lines (property, raw_table) "
        "values ('no other row', 'sessions')",
    ],
    "assert_sessions_in_are_sessions_out": [
        "delete from marts.fct_sessions where session_number = 2",
        "insert into marts.fct_sessions from marts.fct_sessions limit 1",
        "update marts.fct_sessions set session_id = 'ghost' where session_number = 5",
        "delete from marts.fct_sessions where device = 'touch'",
        "delete from marts.fct_rejected_rows where reason like 'bot: %'",
        "update marts.fct_sessions set session_id = 's-bot-1' "
        "where session_id = 's-0001'",
    ],
    "assert_session_reports_count_every_session": [
        "update marts.rpt_sessions_daily set session_count = session_count + 1 "
        "where session_date = '2021-07-01' and channel = 'Referral'",
        "update marts.rpt_sessions_daily set session_cost = session_cost + 0.01 "
        "where session_date = '2021-07-01' and channel = 'Paid Search Brand'",
        "delete from marts.rpt_active_users "
        "where period = 'week' and device = '(unknown)'",
        "update marts.rpt_active_users set session_count = session_count + 1 "
        "where period = 'month' and device = '(all)' and property = 'company_x'",
        "update marts.rpt_channel_costs set session_count = 0 "
        "where channel = 'Referral'",
    ],
    "assert_retention_counts_every_user": [
        "update marts.rpt_retention set cohort_users = cohort_users + 1 "
        "where month_number = 0 and channel = '(all)' and device = '(all)'",
        "update marts.rpt_retention set active_users = active_users - 1 "
        "where month_number = 0 and channel = '(all)' and device = '(all)'",
        "delete from marts.rpt_retention where property = 'company_x'",
        "update marts.fct_sessions set user_id = 'the same'",
    ],
    "assert_users_add_up": [
        "delete from marts.dim_users where segment = 'visitor'",
        "update marts.dim_users set session_count = session_count + 1",
        "update marts.dim_users set conversion_count = conversion_count + 1",
        "update marts.dim_users set revenue = revenue + 0.01",
        "update marts.dim_users set refunded_revenue = refunded_revenue + 0.01",
        "update marts.dim_users set net_revenue = null where property = 'company_x'",
        "insert into marts.dim_users (property, user_id, session_count) "
        "values ('company_x', 'ghost', 0)",
    ],
    "assert_ltv_adds_up": [
        "update marts.rpt_ltv set buyers = buyers + 1 where month_number = 0",
        "update marts.rpt_ltv set conversion_count = 0 "
        "where property = 'company_x_2023'",
        "update marts.rpt_ltv set revenue = revenue + 0.01 where month_number = 0",
        "update marts.rpt_ltv set net_revenue = net_revenue - 0.01, "
        "cumulative_revenue = cumulative_revenue - 0.01",
        "update marts.rpt_ltv set cumulative_revenue = cumulative_revenue + 0.01 "
        "where channel = '(all)' and device = '(all)'",
        "delete from marts.rpt_ltv where property = 'company_x'",
        "insert into marts.fct_conversions from marts.fct_conversions "
        "where is_counted and user_id is not null limit 1",
        "update marts.fct_conversions set is_counted = false, conversion_number = null "
        "where property = 'company_x'",
    ],
    "assert_conversion_lag_counts_every_buyer": [
        "delete from marts.rpt_conversion_lag where lag_days = 0",
        "update marts.rpt_conversion_lag set buyers = buyers + 1 "
        "where lag_days = 0 and channel = 'Referral'",
        "delete from marts.rpt_ltv where channel = 'Referral'",
    ],
    "assert_orders_add_up": [
        "update marts.rpt_orders set revenue = revenue + 0.01 "
        "where period = 'week' and property = 'company_x'",
        "update marts.rpt_orders set order_count = order_count - 1 "
        "where period = 'day' and period_start = '2021-07-02'",
        "delete from marts.rpt_orders where period = 'month'",
        "update marts.fct_conversions set is_counted = not is_counted",
    ],
    "assert_acquisition_adds_up": [
        "update marts.rpt_acquisition set cost = cost + 0.000001 "
        "where channel = 'Referral'",
        "update marts.rpt_acquisition set new_users = new_users + 1 "
        "where channel = 'Referral'",
        "update marts.rpt_acquisition set new_buyers = new_buyers - 1 "
        "where channel = 'Referral'",
        "update marts.rpt_acquisition "
        "set cumulative_revenue = cumulative_revenue + 0.01",
        "update marts.rpt_acquisition set cumulative_revenue = null",
        "delete from marts.rpt_acquisition where property = 'company_x'",
        "delete from marts.rpt_channel_costs where channel = '(no session)'",
    ],
    "assert_conversions_in_are_conversions_out": [
        "delete from marts.fct_conversions where not is_counted",
        "insert into marts.fct_conversions from marts.fct_conversions limit 1",
        "delete from marts.fct_conversions where is_refund",
        "update marts.fct_conversions set conversion_id = 'k-staff' "
        "where conversion_id = 'k-001'",
    ],
    "assert_refunds_are_taken_from_the_net": [
        "delete from marts.fct_conversions where is_refund",
        "update marts.fct_conversions set net_revenue = net_revenue + 0.01 "
        "where conversion_date = '2017-06-02' and property = 'afisha'",
        "update marts.fct_conversions set net_revenue = 0 where is_refund",
        "update marts.fct_conversions set refunded_revenue = refunded_revenue + 0.01, "
        "revenue = revenue + 0.01 where is_refund",
        "update marts.fct_conversions set is_counted = true where is_refund",
        "update marts.fct_conversions set is_refund = null where is_refund",
        "update marts.fct_conversions set property = 'nowhere' "
        "where property = 'afisha'",
        "delete from marts.fct_refunds where refund_id = 'r-33'",
        "delete from marts.fct_refunds where kind = 'cancellation'",
        "update marts.fct_refunds set conversion_id = null where refund_id = 'r-33'",
        "update marts.fct_conversions set net_revenue = revenue "
        "where conversion_id = 'k-002'",
        "update marts.fct_conversions set refunded_revenue = revenue + 1, "
        "net_revenue = -1 where conversion_id = 'k-004'",
        "delete from marts.fct_rejected_rows where raw_table = 'refunds' "
        "and reason = 'more refunded than paid'",
        "insert into marts.fct_refunds from marts.fct_refunds where refund_id = 'r-33'",
    ],
    "assert_listings_in_are_listings_out": [
        "delete from marts.fct_listings where brand is null",
        "insert into marts.fct_listings from marts.fct_listings limit 1",
        "update marts.fct_listings set listing_id = 'ghost' where status = 'started'",
        "delete from marts.fct_listing_events where listing_id is null",
        "update marts.fct_listing_events set property = 'nowhere'",
        "delete from marts.fct_rejected_rows where reason like '%for XTS%'",
    ],
    "assert_listing_funnel_adds_up": [
        *(
            f"update marts.rpt_listing_funnel set {measure} = {measure} + 1 "
            "where dimension_value = 'Shoes'"
            for measure in (
                "started_count",
                "completed_count",
                "sold_count",
                "click_count",
            )
        ),
        *(
            f"update marts.rpt_listing_funnel set {measure} = 1 "
            "where property = 'vestiaire'"
            for measure in ("quantity_listed", "quantity_sold", "sales_revenue")
        ),
        "delete from marts.rpt_listing_funnel where dimension = '(all)'",
        "delete from marts.rpt_listing_funnel where dimension_value = '(unknown)'",
        "delete from marts.rpt_listing_funnel where property = 'vestiaire'",
        "delete from marts.fct_listings where brand is null",
        "delete from marts.fct_listing_events where listing_id is null",
    ],
    "assert_credits_add_up_to_conversions": [
        "update marts.fct_attribution_credits "
        "set credited_revenue = credited_revenue + 0.01 "
        "where touch_number = 2 and attribution_model = 'linear'",
        "update marts.fct_attribution_credits "
        "set credit_share = credit_share - 0.000000000001 "
        "where touch_number = 1 and attribution_model = 'provided'",
        "delete from marts.fct_attribution_credits "
        "where touch_number = 0 and attribution_model = 'time_decay'",
        "delete from marts.fct_attribution_credits where attribution_model = 'linear'",
        "update marts.fct_conversions set is_counted = false where is_in_backend",
    ],
    "assert_attribution_reports_add_up": [
        "update marts.rpt_channel_attribution "
        "set credited_revenue = credited_revenue + 0.01 where date_basis = 'touch'",
        "delete from marts.rpt_channel_attribution where date_basis = 'conversion' "
        "and channel = '(no touchpoint)'",
        "update marts.rpt_channel_performance set credited_conversions = 0 "
        "where channel = 'Referral'",
        "delete from marts.rpt_channel_performance "
        "where attribution_model = 'first_touch'",
    ],
    "assert_attribution_summaries_add_up": [
        "update marts.rpt_attribution_models "
        "set credited_revenue = credited_revenue + 0.01 "
        "where attribution_model = 'shapley' and channel = 'Referral'",
        "update marts.rpt_attribution_models set classical_share = 0 "
        "where channel = 'Direct Traffic'",
        "delete from marts.rpt_attribution_models "
        "where attribution_model = 'markov' and channel = '(no touchpoint)'",
        "delete from marts.rpt_journey_paths where path = '(no touchpoint)'",
    ],
    "assert_ad_costs_add_up": [
        "update marts.fct_campaign_days set cost = cost + 0.000001 "
        "where cost_date = '2021-07-02'",
        "delete from marts.rpt_channel_costs where channel = '(no session)'",
        "update marts.rpt_channel_costs set clicks = clicks + 1 "
        "where report_date = '2021-07-02' and ad_cost > 0",
        "update staging.base_company_x__api_adwords_costs set clicks = clicks + 1 "
        "where cost_date = '2021-07-03'",
        "update staging.base_afisha__costs set cost = cost + 0.000001 "
        "where cost_date = '2017-07-03'",
    ],
    "assert_session_only_costs_add_up": [
        "update marts.rpt_channel_costs "
        "set session_only_cost = session_only_cost + 0.000001 "
        "where property = 'company_x_2023'",
        "update marts.fct_sessions set session_cost = 1 "
        "where campaign_id is null and property = 'company_x'",
        "delete from staging.base_company_x__api_adwords_costs",
        "update marts.fct_sessions set session_cost = 1, campaign_id = null "
        "where property = 'afisha' and session_date = '2017-07-03'",
    ],
    "assert_performance_repeats_costs": [
        "delete from marts.rpt_channel_performance where channel = '(no session)'",
        "update marts.rpt_channel_performance set clicks = clicks + 1 "
        "where attribution_model = 'linear' and date_basis = 'touch'",
        "update marts.rpt_channel_performance set session_count = 0 "
        "where attribution_model = 'linear'",
    ],
    "assert_budgets_add_up": [
        "update marts.rpt_budget set recommended_spend = recommended_spend + 0.01 "
        "where channel = 'FB & IG Ads'",
        "update marts.rpt_budget set recommended_spend = recommended_spend + case "
        "channel when 'FB & IG Ads' then 0.01 else -0.01 end "
        "where channel in ('FB & IG Ads', 'Microsoft Ads')",
        "update marts.rpt_budget set status = 'more', recommended_spend = "
        "recommended_spend + case channel when 'FB & IG Ads' then 6 else -6 end "
        "where channel in ('FB & IG Ads', 'Microsoft Ads')",
        "update marts.rpt_budget set recommended_spend = null "
        "where channel = 'Podcast'",
        "update marts.rpt_budget set current_spend = current_spend + 0.01, "
        "recommended_spend = recommended_spend + 0.01 where channel = 'FB & IG Ads'",
        "delete from marts.rpt_budget where channel = 'Organic Traffic'",
        "delete from marts.rpt_budget",
    ],
    "assert_reconciliation_has_every_key": [
        "delete from marts.fct_conversion_reconciliation "
        "where status = 'missing_in_tracking'",
        "insert into marts.fct_conversion_reconciliation "
        "from marts.fct_conversion_reconciliation limit 1",
        "update marts.fct_conversion_reconciliation set property = 'company_x_2023'",
        "update marts.fct_conversion_reconciliation set conversion_id = 'k-staff' "
        "where conversion_id = 'k-001'",
    ],
    "assert_revenue_gaps_add_up": [
        "update marts.fct_conversion_reconciliation "
        "set tracked_revenue = tracked_revenue + 0.01 where status = 'matched'",
        "update marts.fct_conversion_reconciliation "
        "set backend_revenue = backend_revenue + 0.01 where status = 'matched'",
        "update marts.fct_conversion_reconciliation set revenue_gap = 0",
        "delete from marts.fct_rejected_rows where layer = 'intermediate' "
        "and raw_table = 'conversions'",
        "update marts.rpt_reconciliation_daily set revenue_gap = revenue_gap + 0.01 "
        "where conversion_date = '2021-07-02'",
    ],
    "assert_backend_agrees_with_tracking": [
        "update marts.fct_conversion_reconciliation set revenue_gap = 4000 "
        "where conversion_id = (select min(conversion_id) "
        "from marts.fct_conversion_reconciliation where status = 'matched')",
        "update marts.fct_conversion_reconciliation set revenue_gap = -4000 "
        "where conversion_id = (select min(conversion_id) "
        "from marts.fct_conversion_reconciliation where status = 'matched')",
        "update marts.fct_conversion_reconciliation set backend_revenue = null",
    ],
    "assert_marketplace_adds_up": [
        "delete from marts.fct_sales where not is_event_known",
        "update marts.fct_sales set revenue = revenue + 0.01 where is_promo_used",
        "update marts.fct_conversions set revenue = revenue + 0.01 "
        "where property = 'vivid_seats'",
        "delete from marts.dim_events where not is_announced",
        "update marts.dim_events set quantity_sold = quantity_sold + 1 "
        "where quantity_sold > 0",
        "update marts.dim_sellers set listing_count = 0 where segment = 'frequent'",
        "update marts.dim_sellers set quantity_listed = quantity_listed + 1",
        "delete from marts.dim_sellers where property = 'vestiaire'",
        "delete from marts.rpt_traffic_partners where partner = '(no touchpoint)'",
        "update marts.rpt_traffic_partners set session_count = session_count + 1 "
        "where partner = '(direct)'",
        "delete from marts.rpt_traffic_partners",
    ],
    "assert_partners_agree_with_last_touch": [
        "update marts.rpt_traffic_partners set revenue = revenue + 0.01 "
        "where partner = 'GigFinder'",
        "delete from marts.rpt_traffic_partners where partner = 'TicketBuzz'",
        "update marts.rpt_traffic_partners set conversion_count = 1 "
        "where partner = 'DealMail'",
    ],
    "assert_backend_is_not_empty": [
        "delete from staging.base_company_x__conversions_backend",
    ],
    "assert_quality_report_counts_its_findings": [
        "update marts.rpt_data_quality set rows_affected = rows_affected + 1",
        "update marts.rpt_data_quality set status = 'ok'",
        "update marts.rpt_data_quality set amount_affected = 1 "
        "where check_name = 'rejected_rows'",
        "delete from marts.fct_rejected_rows where layer = 'staging'",
        "delete from marts.rpt_data_quality where check_name = 'missing_day'",
    ],
}


@pytest.fixture(scope="module")
def tests(sample: Build) -> dict[str, Any]:
    """List the data tests of the sample's build, by name."""
    return {node.name: node for node in sample.nodes if node.resource_type == "test"}


@pytest.fixture(scope="module")
def damaged(
    sample: Build, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a copy of the sample's database that may be damaged."""
    path = tmp_path_factory.mktemp("damaged") / sample.database.name
    shutil.copy(sample.database, path)
    with duckdb.connect(str(path)) as conn:
        for view in (
            "fct_attribution_credits",
            "fct_conversion_reconciliation",
            "fct_listings",
            "fct_listing_events",
            "fct_sessions",
        ):
            for statement in as_table(f"marts.{view}"):
                conn.execute(statement)
        # publishing fills it, and a test of no rows cannot be seen to fail
        conn.execute(
            "insert into marts.rpt_restatements values (2, 'company_x', "
            "'rpt_channel_costs', 'cost', '(none)', 'cost', '2021-07-05', 'Referral', "
            "'(all)', 'late_rows', 'late_rows ad_costs', 1, 2, 1)"
        )
        yield conn


def bites(conn: duckdb.DuckDBPyConnection, test: Any, *damage: str) -> bool:  # noqa: ANN401
    """Tell whether a test that passes returns rows once the damage is done."""
    count = f"select count(*) from ({test.compiled_code})"
    assert conn.execute(count).fetchall() == [(0,)]
    conn.execute("begin")
    try:
        for statement in damage:
            conn.execute(statement)
        return conn.execute(count).fetchall() != [(0,)]
    finally:
        conn.execute("rollback")


def relation_of(test: Any, conn: duckdb.DuckDBPyConnection) -> tuple[str, list[str]]:  # noqa: ANN401
    """Name the relation a generic test is attached to; a view becomes a table first."""
    node = test.attached_node.split(".")[-1]
    schema, is_view = conn.execute(
        "select table_schema, table_type = 'VIEW' from information_schema.tables "
        "where table_name = ?",
        [node],
    ).fetchall()[0]
    name = f"{schema}.{node}"
    if not is_view:
        return name, []
    return name, as_table(name)


def generic_damages(test: Any) -> list[str]:  # noqa: ANN401
    """Write the damages that must each trip a generic test; `{}` is the relation."""
    kwargs = test.test_metadata.kwargs
    columns = kwargs.get("columns", [kwargs.get("column_name")])
    a_row = "where rowid = (select min(rowid) from {})"
    match test.test_metadata.name:
        case "unique":
            one_more = "insert into {} from {} limit 1"
            return [
                one_more,
                f"update {{}} set {columns[0]} = (select min({columns[0]}) from {{}})",
            ]
        case "unique_together":
            one_more = "insert into {} from {} limit 1"
            whole = [c for c in columns if c not in kwargs.get("nullable", [])]
            null = f"update {{}} set {whole[-1]} = null {a_row}"
            return [one_more, null]
        case "not_null" | "never_null":
            return [f"update {{}} set {column} = null {a_row}" for column in columns]
        case "accepted_values":
            return [f"update {{}} set {columns[0]} = 'no such value' {a_row}"]
        case "relationships_together":
            column = columns[-1]
            return [f"update {{}} set {column} = 'ghost' where {column} is not null"]
        case "sums_to":
            column = kwargs["column"]
            more = f"update {{}} set {column} = {column} + 0.000000000001 {a_row}"
            return [more, f"update {{}} set {column} = null {a_row}"]
        case "repeats":
            return [
                f"delete from {{}} {a_row}",
                "insert into {} from {} limit 1",
                f"update {{}} set property = 'ghost' {a_row}",
            ]
        case "totals_add_up":
            damages = [
                f"delete from {{}} where {kwargs['dimension']} = '(all)'",
                f"delete from {{}} where {kwargs['dimension']} != '(all)'",
            ]
            for measure in kwargs["measures"]:
                for sign in ("=", "!="):
                    a_row = (
                        "where rowid = (select min(rowid) from {} where "
                        f"{kwargs['dimension']} {sign} '(all)' "
                        f"and {measure} is not null)"
                    )
                    damages += [
                        f"update {{}} set {measure} = {measure} + 1 {a_row}",
                        f"update {{}} set {measure} = null {a_row}",
                    ]
            return damages
    raise AssertionError(f"no damage is known for {test.test_metadata.name}")


def test_every_assertion_bites(
    damaged: duckdb.DuckDBPyConnection, tests: dict[str, Any]
) -> None:
    harmless = [
        damage
        for name, damages in ASSERTIONS.items()
        for damage in damages
        if not bites(damaged, tests[name], damage)
    ]
    assert harmless == []


def test_every_assertion_has_damage() -> None:
    written = {path.stem for path in Path(PROJECT / "tests/assert").glob("*.sql")}
    assert written == set(ASSERTIONS)


def test_every_generic_test_bites(
    damaged: duckdb.DuckDBPyConnection, tests: dict[str, Any]
) -> None:
    harmless, empty, seen = [], [], 0
    for name, test in tests.items():
        if not getattr(test, "test_metadata", None):
            continue
        relation, prepare = relation_of(test, damaged)
        if damaged.execute(f"select count(*) from {relation}").fetchall() == [(0,)]:
            empty.append(relation)
            continue
        for damage in generic_damages(test):
            seen += 1
            if not bites(damaged, test, *prepare, damage.replace("{}", relation)):
                harmless.append((name, damage))
    assert harmless == []
    empty = [name for name in empty if not any(part in name for part in UNSAMPLED)]
    # the seeds are no files of the plugin's, and nothing is renamed in the sample
    assert set(empty) <= {
        "staging.stg_raw__malformed_lines",
        "staging.stg_raw__files",
        "staging.stg_raw__ignored_columns",
        "intermediate.int_file_findings",
        "mappings.column_mapping",
        "intermediate.int_events",
        "intermediate.int_sales",
    }
    assert seen > 150
