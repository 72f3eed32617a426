"""Every metric is the number that the marts give, and MetricFlow finds no fault.

Each case asks MetricFlow for metrics by groups, runs its SQL on the sample's marts, and
compares the result with SQL written here: over another mart where there is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest
import yaml
from metricflow.engine.metricflow_engine import (
    MetricFlowEngine,
    MetricFlowQueryRequest,
)
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.semantic_manifest import (
    PydanticSemanticManifest as SemanticManifest,
)
from metricflow_semantic_interfaces.validations.semantic_manifest_validator import (
    SemanticManifestValidator,
)
from metricflow_semantics.errors.error_classes import InformativeUserError
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from support import PROJECT, Build

PERIODS = ["day", "week", "month", "quarter", "year"]
MODEL = "attribution_model = 'last_non_direct' and date_basis = 'touch'"
NAMED_CELLS = "channel != '(all)' and device != '(all)'"
ALL_CELLS = "channel = '(all)' and device = '(all)'"


@dataclass(frozen=True)
class Case:
    """A question to MetricFlow, and the same in SQL.

    The SQL's columns are the groups, in the order of `by`, and then the metrics.
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...]
    sql: str
    where: str | None = None

    @property
    def question(self) -> str:
        """Name the metrics and the groups."""
        return f"{' '.join(self.metrics)} by {' '.join(self.by)}"


def case(metrics: str, by: str, sql: str, where: str | None = None) -> Case:
    """Write a case with its names as words."""
    return Case(tuple(metrics.split()), tuple(by.split()), sql, where)


def by_period(metrics: str, columns: str, table: str, day: str) -> list[Case]:
    """Sum the columns of a table over each length of period."""
    sums = ", ".join(f"sum({name})" for name in columns.split())
    return [
        case(
            metrics,
            f"property metric_time__{period}",
            f"select property, date_trunc('{period}', {day}), {sums} "
            f"from marts.{table} group by all",
        )
        for period in PERIODS
    ]


def by_group(metrics: str, columns: str, table: str, groups: str) -> list[Case]:
    """Sum the columns of a table over each of its columns, with the property."""
    sums = ", ".join(f"sum({name})" for name in columns.split())
    return [
        case(
            metrics,
            f"property {group}",
            f"select property, {group}, {sums} from marts.{table} group by all",
        )
        for group in groups.split()
    ]


SESSIONS = [
    *by_period("sessions", "session_count", "rpt_sessions_daily", "session_date"),
    *by_group(
        "sessions bounces bounce_sessions session_seconds timed_sessions",
        "session_count bounce_count judged_session_count duration_seconds_sum "
        "timed_session_count",
        "rpt_sessions_daily",
        "channel market device",
    ),
    case(
        "sessions",
        "property campaign",
        "select property, coalesce(campaign_id, '(no campaign)'), count(*) "
        "from marts.fct_sessions group by all",
    ),
    case(
        "sessions users",
        "property traffic_type partner",
        "select property, traffic_type, partner, session_count, "
        "visitor_count from marts.rpt_traffic_partners",
        "{{ Entity('property') }} = 'vivid_seats'",
    ),
    *(
        case(
            "users",
            f"property metric_time__{period}",
            "select property, period_start, active_users from marts.rpt_active_users "
            f"where period = '{period}' and device = '(all)'",
        )
        for period in ["day", "week", "month"]
    ),
    case(
        "users",
        "property metric_time__month device",
        "select property, period_start, device, active_users "
        "from marts.rpt_active_users where period = 'month' and device != '(all)'",
    ),
    case(
        "users sessions",
        "property metric_time__month market",
        "select property, report_month, market, user_count, session_count "
        "from marts.rpt_market_performance where session_count > 0",
    ),
    # an id means someone only within its property
    case(
        "users",
        "",
        "select sum(user_count) from (select count(distinct user_id) as user_count "
        "from marts.fct_sessions group by property)",
    ),
    case(
        "sessions_per_user",
        "property",
        "select property, count(*) / count(distinct user_id) "
        "from marts.fct_sessions group by all",
    ),
    case(
        "bounce_sessions bounce_rate mean_session_seconds",
        "property channel",
        "select property, channel, count(is_bounce), avg(is_bounce::int), "
        "sum(duration_seconds)::double / count(duration_seconds) "
        "from marts.fct_sessions group by all",
    ),
]

CONVERSIONS = [
    *(
        case(
            "conversions buyers revenue average_order_value",
            f"property metric_time__{period}",
            "select property, period_start, order_count, buyer_count, revenue, "
            "average_order_value from marts.rpt_orders "
            f"where period = '{period}' and device = '(all)'",
        )
        for period in ["day", "week", "month"]
    ),
    case(
        "conversions buyers revenue average_order_value",
        "property metric_time__month device",
        "select property, period_start, device, order_count, buyer_count, revenue, "
        "average_order_value from marts.rpt_orders "
        "where period = 'month' and device != '(all)'",
    ),
    case(
        "sessions conversions revenue conversion_rate average_order_value",
        "property metric_time__month market",
        "select property, report_month, market, session_count, conversion_count, "
        "revenue, conversion_rate, average_order_value "
        "from marts.rpt_market_performance",
    ),
    case(
        "conversion_rate",
        "property",
        "select property, sum(conversion_count)::double / sum(session_count) "
        "from marts.rpt_market_performance group by all",
    ),
    *by_group(
        "revenue refunded_revenue net_revenue",
        "revenue refunded_revenue net_revenue",
        "fct_conversions",
        "acquisition_channel",
    ),
    *by_period("revenue", "revenue", "fct_conversions", "conversion_date"),
    *by_period("paid_back", "refunded_revenue", "fct_refunds", "refund_date"),
    case(
        "refunds paid_back",
        "property refund_kind",
        "select property, kind, count(*), sum(refunded_revenue) "
        "from marts.fct_refunds group by all",
    ),
    # what conversions carry is what was paid back, whenever it was
    case(
        "paid_back",
        "property",
        "select property, sum(refunded_revenue) from marts.fct_conversions "
        "group by all",
    ),
    *by_period(
        "tracked_revenue backend_revenue revenue_gap matched_conversions",
        "tracked_revenue backend_revenue revenue_gap matched_count",
        "rpt_reconciliation_daily",
        "conversion_date",
    ),
    *by_group(
        "tracked_revenue backend_revenue revenue_gap matched_conversions",
        "tracked_revenue backend_revenue revenue_gap matched_count",
        "rpt_reconciliation_daily",
        "market",
    ),
    case(
        "compared_conversions match_rate gap_share",
        "property market",
        "select property, coalesce(market, '(unknown)'), count(*), "
        "avg((status = 'matched')::int), "
        "sum(revenue_gap)::double / nullif(sum(backend_revenue), 0) "
        "from marts.fct_conversion_reconciliation group by all",
    ),
    case(
        "compared_conversions",
        "property reconciliation_status",
        "select property, status, count(*) from marts.fct_conversion_reconciliation "
        "group by all",
    ),
]

COSTS = [
    *by_period(
        "cost ad_cost session_only_cost clicks",
        "cost ad_cost session_only_cost clicks",
        "rpt_channel_costs",
        "report_date",
    ),
    *by_group(
        "cost ad_cost session_only_cost clicks",
        "cost ad_cost session_only_cost clicks",
        "rpt_channel_costs",
        "channel",
    ),
    # what was billed for campaigns is what channels are charged with
    case(
        "ad_cost clicks",
        "property",
        "select property, sum(cost), sum(coalesce(clicks, 0)) "
        "from marts.fct_campaign_days group by all",
    ),
    case(
        "cost clicks cpc",
        "property channel metric_time__day",
        "select property, channel, report_date, cost, clicks, cpc "
        f"from marts.rpt_channel_performance where {MODEL}",
    ),
    case(
        "cpc",
        "property",
        "select property, sum(cost)::double / nullif(sum(clicks), 0) "
        "from marts.rpt_channel_costs group by all",
    ),
    case(
        "campaign_cost campaign_clicks campaign_cpc campaign_sessions "
        "campaign_session_cost cost_coverage",
        "property campaign",
        "select property, campaign_id, cost, clicks, cpc, session_count, "
        "session_cost, cost_coverage from marts.rpt_campaign_cpc",
    ),
    *by_period(
        "campaign_cost campaign_clicks", "cost clicks", "fct_campaign_days", "cost_date"
    ),
    case(
        "campaign_cost campaign_sessions",
        "property platform",
        "select property, coalesce(platform, '(unknown)'), sum(cost), "
        "sum(session_count) from marts.fct_campaign_days group by all",
    ),
    case(
        "campaign_cost",
        "property campaign_name",
        "select property, coalesce(campaign_name, '(unknown)'), sum(cost) "
        "from marts.fct_campaign_days group by all",
    ),
]

RATIOS = "cpo roas romi channel_conversion_rate"
MODEL_RATIOS = (
    "model_credited_conversions model_credited_revenue model_cpo model_roas model_romi"
)
ATTRIBUTION = [
    case(
        f"credited_conversions credited_revenue {RATIOS}",
        "property channel metric_time__day",
        "select property, channel, report_date, credited_conversions, "
        "credited_revenue, cpo, roas, romi, conversion_rate "
        f"from marts.rpt_channel_performance where {MODEL}",
    ),
    case(
        "credited_conversions credited_revenue",
        "property market",
        "select property, coalesce(market, '(unknown)'), sum(credit_share), "
        "sum(credited_revenue) from marts.fct_attribution_credits "
        "where attribution_model = 'last_non_direct' group by all",
    ),
    *(
        case(
            "credited_conversions credited_revenue",
            f"property metric_time__{period}",
            f"select property, date_trunc('{period}', touch_date), sum(credit_share), "
            "sum(credited_revenue) from marts.fct_attribution_credits "
            "where attribution_model = 'last_non_direct' group by all",
        )
        for period in PERIODS
    ),
    # every cent counts in a total, whichever row it stands in
    case(
        RATIOS,
        "property",
        f"""
        with costs as (
            select property, sum(cost)::double as cost, sum(session_count) as sessions
            from marts.rpt_channel_costs group by all
        ), credits as (
            select property, sum(credited_conversions)::double as conversions,
                sum(credited_revenue) as revenue
            from marts.rpt_channel_attribution where {MODEL} group by all
        ), margins as (
            select property, any_value(gross_margin) as margin
            from marts.rpt_acquisition group by all
        )
        select property, cost / nullif(conversions, 0), revenue / nullif(cost, 0),
            ((revenue * margin)::double - cost) / nullif(cost, 0),
            conversions / nullif(sessions, 0)
        from costs left join credits using (property) left join margins using (property)
        """,
    ),
    # on a day that another model or date basis has a channel for, too
    case(
        RATIOS,
        "property metric_time__day",
        f"""
        with days as (
            select property, report_date, sum(cost)::double as cost,
                sum(credited_conversions)::double as conversions,
                sum(credited_revenue)::double as revenue,
                sum(credited_profit)::double as profit, sum(session_count) as sessions
            from marts.rpt_channel_performance where {MODEL} group by all
            having max(channel not in ('(no session)', '(no touchpoint)'))
        )
        select property, report_date, cost / nullif(conversions, 0),
            revenue / nullif(cost, 0), (profit - cost) / nullif(cost, 0),
            conversions / nullif(sessions, 0)
        from days
        """,
    ),
    case(
        MODEL_RATIOS,
        "property attribution_model date_basis channel metric_time__day",
        "select property, attribution_model, date_basis, channel, report_date, "
        "credited_conversions, credited_revenue, cpo, roas, romi "
        "from marts.rpt_channel_performance",
    ),
    case(
        "model_credited_revenue model_cpo",
        "property attribution_model",
        "select property, attribution_model, sum(credited_revenue), "
        "sum(cost)::double / nullif(sum(credited_conversions), 0)::double "
        "from marts.rpt_channel_performance where date_basis = 'conversion' "
        "group by all",
        "{{ Entity('date_basis') }} = 'conversion'",
    ),
    case(
        "campaign_credited_conversions campaign_credited_revenue",
        "property attribution_model campaign",
        "select property, attribution_model, case when touch_number = 0 "
        "then '(no touchpoint)' else coalesce(campaign_id, '(no campaign)') end, "
        "sum(credit_share), sum(credited_revenue) from marts.fct_attribution_credits "
        "group by all",
    ),
    case(
        "campaign_credited_revenue",
        "property channel market metric_time__month",
        "select property, channel, market, date_trunc('month', report_date), "
        "sum(credited_revenue) from marts.rpt_channel_attribution "
        "where attribution_model = 'linear' and date_basis = 'touch' group by all",
        "{{ Entity('attribution_model') }} = 'linear'",
    ),
]

CUSTOMERS = [
    case(
        "new_users",
        "property acquisition_channel metric_time__month",
        "select property, channel, cohort_month, new_users from marts.rpt_acquisition",
    ),
    case(
        "new_buyers",
        "property acquisition_channel metric_time__month",
        "select property, channel, cohort_month, new_buyers from marts.rpt_acquisition",
    ),
    case(
        "new_users",
        "property acquisition_device segment",
        "select property, acquisition_device, segment, count(first_session_date) "
        "from marts.dim_users group by all",
    ),
    case(
        "new_buyers",
        "property metric_time__day",
        "select property, first_conversion_date, count(*) from marts.dim_users "
        "where first_conversion_date is not null group by all",
    ),
    case(
        "cac acquisition_romi ltv_to_cac",
        "property channel metric_time__month",
        "select property, channel, cohort_month, cac, romi, ltv_to_cac "
        "from marts.rpt_acquisition",
    ),
    case(
        "cac acquisition_romi",
        "property",
        "select property, sum(cost)::double / nullif(sum(new_buyers), 0), "
        "(sum(gross_profit) - sum(cost))::double / nullif(sum(cost), 0) "
        "from marts.rpt_acquisition where observed_months is not null group by all",
    ),
    case(
        "ltv",
        "property acquisition_channel acquisition_device metric_time__month",
        "select property, channel, device, cohort_month, "
        "arg_max(ltv, month_number) filter (where ltv is not null) "
        f"from marts.rpt_ltv where {NAMED_CELLS} group by all",
    ),
    case(
        "ltv",
        "property",
        "select property, sum(revenue)::double / sum(buyers) from ("
        "select property, cohort_month, max(buyers) as buyers, "
        "arg_max(cumulative_revenue, month_number) as revenue from marts.rpt_ltv "
        f"where {ALL_CELLS} and cumulative_revenue is not null group by all"
        ") group by all",
    ),
    case(
        "ltv_by_month",
        "property month_number metric_time__month",
        "select property, month_number, cohort_month, ltv "
        f"from marts.rpt_ltv where {ALL_CELLS}",
    ),
    case(
        "ltv_by_month",
        "property month_number metric_time__month acquisition_channel",
        "select property, month_number, cohort_month, channel, ltv "
        "from marts.rpt_ltv where channel != '(all)' and device = '(all)'",
    ),
    case(
        "ltv_by_month",
        "property month_number metric_time__month acquisition_device",
        "select property, month_number, cohort_month, device, ltv "
        "from marts.rpt_ltv where channel = '(all)' and device != '(all)'",
    ),
    case(
        "retention_rate",
        "property month_number metric_time__month",
        "select property, month_number, cohort_month, retention_rate "
        f"from marts.rpt_retention where {ALL_CELLS}",
    ),
    case(
        "retention_rate",
        "property month_number metric_time__month acquisition_channel "
        "acquisition_device",
        "select property, month_number, cohort_month, channel, device, retention_rate "
        f"from marts.rpt_retention where {NAMED_CELLS}",
    ),
    case(
        "retention_rate",
        "property month_number",
        "select property, month_number, "
        "sum(active_users)::double / sum(cohort_users) from marts.rpt_retention "
        f"where {ALL_CELLS} and active_users is not null group by all",
    ),
    case(
        "first_month_retention",
        "property metric_time__month",
        "select property, cohort_month, retention_rate from marts.rpt_retention "
        f"where {ALL_CELLS} and month_number = 1",
    ),
    case(
        "first_month_retention",
        "property acquisition_channel",
        "select property, channel, sum(active_users)::double / sum(cohort_users) "
        "from marts.rpt_retention where month_number = 1 and active_users is not null "
        "and channel != '(all)' and device = '(all)' group by all",
    ),
]

LISTINGS = [
    case(
        "listings completed_listings sold_listings",
        "property",
        "select property, started_count, completed_count, sold_count "
        "from marts.rpt_listing_funnel where dimension = '(all)'",
    ),
    *(
        case(
            "listings sold_listings completion_rate success_rate",
            f"property {dimension}",
            "select property, dimension_value, started_count, sold_count, "
            "completed_count::double / nullif(started_count, 0), "
            "sold_count::double / nullif(started_count, 0) "
            f"from marts.rpt_listing_funnel where dimension = '{dimension}'",
            f"{{{{ Entity('property') }}}} in ({sites})",
        )
        for sites, dimension in [
            ("'vestiaire', 'corner_shop'", "brand"),
            ("'vestiaire', 'corner_shop'", "category"),
            ("'vivid_seats'", "event"),
            ("'vivid_seats'", "event_category"),
            ("'vivid_seats'", "venue"),
        ]
    ),
    case(
        "median_days_to_sell",
        "property category",
        "select property, coalesce(category, '(unknown)'), median(days_to_sell) "
        "from marts.fct_listings where sold_at is not null group by all",
    ),
    case(
        "listings",
        "property listing_status metric_time__month",
        "select property, status, date_trunc('month', created_at), count(*) "
        "from marts.fct_listings group by all",
    ),
    case(
        "sold_quantity sales_revenue",
        "property event",
        "select property, event_id, quantity_sold, revenue from marts.dim_events",
        "{{ Entity('event') }} in (select event_id from marts.dim_events)",
    ),
    *by_period(
        "sales_revenue sold_quantity", "revenue quantity", "fct_sales", "sale_date"
    ),
    case(
        "sales",
        "property",
        "select property, count(*) from marts.fct_sales group by all",
    ),
]

CASES = [*SESSIONS, *CONVERSIONS, *COSTS, *ATTRIBUTION, *CUSTOMERS, *LISTINGS]


class Duckdb:
    """Tells MetricFlow which SQL to write; it runs none here."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


@pytest.fixture(scope="module")
def semantic_manifest(sample: Build) -> SemanticManifest:
    """Read what dbt understood of the definitions."""
    text = sample.manifest.with_name("semantic_manifest.json").read_text()
    return parse_manifest_from_dbt_generated_manifest(text)


@pytest.fixture(scope="module")
def engine(semantic_manifest: SemanticManifest) -> MetricFlowEngine:
    """Start MetricFlow without a database."""
    return MetricFlowEngine(SemanticManifestLookup(semantic_manifest), Duckdb())


@pytest.fixture(scope="module")
def marts(sample: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the marts of the sample."""
    with duckdb.connect(str(sample.database), read_only=True) as conn:
        yield conn


def test_dbt_knows_every_definition(sample: Build) -> None:
    """Of the newer notation dbt-core 1.11 says nothing and reads nothing."""
    files = sorted((PROJECT / "models" / "semantic").glob("*.yml"))
    written = [yaml.safe_load(path.read_text()) for path in files]
    manifest = json.loads(sample.manifest.read_text())
    for kind in ["semantic_models", "metrics", "saved_queries"]:
        names = [entry["name"] for part in written for entry in part.get(kind, [])]
        assert names
        assert sorted(n["name"] for n in manifest[kind].values()) == sorted(names)


def test_metricflow_finds_no_fault(semantic_manifest: SemanticManifest) -> None:
    validator = SemanticManifestValidator[SemanticManifest]()
    found = validator.validate_semantic_manifest(semantic_manifest)
    assert found.all_issues == ()


def test_every_metric_is_described_and_compared(sample: Build) -> None:
    metrics = json.loads(sample.manifest.read_text())["metrics"].values()
    assert [m["name"] for m in metrics if not m["description"] or not m["label"]] == []
    public = {m["name"] for m in metrics if not m["config"]["meta"].get("is_part")}
    assert public == {name for case in CASES for name in case.metrics}


def test_every_group_of_every_metric_is_compared(
    semantic_manifest: SemanticManifest,
) -> None:
    compared = {group for case in CASES for group in case.by}
    entities = {
        entity.name
        for model in semantic_manifest.semantic_models
        for entity in model.entities
    }
    assert entities <= compared


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.question)
def test_a_metric_is_the_number_of_the_marts(
    case: Case, engine: MetricFlowEngine, marts: duckdb.DuckDBPyConnection
) -> None:
    found = answer(case, engine, marts)
    expected = rows(case, case.sql, marts)
    assert expected
    assert found == expected


@pytest.mark.parametrize(
    ("metric", "by"),
    [
        ("model_credited_conversions", "property channel"),
        ("model_credited_revenue", "property date_basis"),
        ("model_cpo", "property attribution_model"),
        ("model_roas", "property"),
        ("model_romi", "property metric_time__year"),
        ("campaign_credited_conversions", "property"),
        ("campaign_credited_revenue", "property campaign"),
        ("ltv_by_month", "property"),
        ("retention_rate", "property"),
    ],
)
def test_what_must_not_be_mixed_is_null(
    metric: str, by: str, engine: MetricFlowEngine, marts: duckdb.DuckDBPyConnection
) -> None:
    mixed = case(metric, by, "", "{{ Entity('property') }} = 'afisha'")
    values = marts.execute(f"select {metric} from ({compiled(mixed, engine)})")
    assert {value for (value,) in values.fetchall()} == {None}


def test_channels_of_a_month_that_is_not_over_give_the_cost_of_no_session_no_ratio(
    engine: MetricFlowEngine,
) -> None:
    asked = case("cac acquisition_romi ltv_to_cac", "property", "")
    with duckdb.connect() as conn:
        conn.execute("attach ':memory:' as tributary")
        conn.execute("use tributary")
        conn.execute("create schema marts")
        conn.execute(
            "create table marts.rpt_acquisition as select 'a' as property, * from "
            "(values ('2024-01-01'::date, '(no session)', 1, 50, 2, 7, 7), "
            "('2024-02-01'::date, 'Email', null, 10, 1, null, null)) "
            "as months(cohort_month, channel, observed_months, cost, new_buyers, "
            "cumulative_revenue, gross_profit)"
        )
        found = answer(asked, engine, conn)
    assert found == {}


def test_a_metric_is_not_asked_by_what_it_does_not_know(
    engine: MetricFlowEngine,
) -> None:
    """The default model has no other model, and a cost no market."""
    for metric, group in [("roas", "attribution_model"), ("cost", "market")]:
        with pytest.raises(InformativeUserError):
            compiled(case(metric, f"property {group}", ""), engine)


def test_every_saved_query_has_an_answer(
    sample: Build, engine: MetricFlowEngine, marts: duckdb.DuckDBPyConnection
) -> None:
    saved = json.loads(sample.manifest.read_text())["saved_queries"].values()
    for query in saved:
        request = MetricFlowQueryRequest.create(saved_query_name=query["name"])
        sql = engine.explain(request).sql_statement.sql
        found = marts.execute(sql)
        columns = [column[0] for column in found.description]
        assert set(query["query_params"]["metrics"]) <= set(columns)
        values = found.fetchall()
        assert values, query["name"]
        told = [
            any(row[number] is not None for row in values)
            for number in range(len(columns))
        ]
        assert all(told), query["name"]


def compiled(case: Case, engine: MetricFlowEngine) -> str:
    """Let MetricFlow write the SQL of a case."""
    request = MetricFlowQueryRequest.create(
        metric_names=list(case.metrics),
        group_by_names=list(case.by),
        where_constraints=[case.where] if case.where else None,
    )
    return engine.explain(request).sql_statement.sql


def answer(
    case: Case, engine: MetricFlowEngine, conn: duckdb.DuckDBPyConnection
) -> dict[tuple, list]:
    """Answer a case with MetricFlow's SQL."""
    names = ", ".join([*case.by, *case.metrics])
    return rows(case, f"select {names} from ({compiled(case, engine)})", conn)


def rows(
    case: Case, sql: str, conn: duckdb.DuckDBPyConnection
) -> dict[tuple[Any, ...], list[float | None]]:
    """Read the numbers of each group, to 9 places like those of the marts.

    Groups without any number, or with zeros alone, may be there or not: a report has
    rows for what it shows, and a metric for what it counts.
    """
    columns = [f"c{number}" for number in range(len(case.by) + len(case.metrics))]
    keys = [
        f"cast({column} as date)" if "metric_time" in group else column
        for group, column in zip(case.by, columns, strict=False)
    ]
    numbers = [f"round(cast({c} as double), 9)" for c in columns[len(case.by) :]]
    found = conn.execute(
        f"select {', '.join([*keys, *numbers])} from ({sql}) "
        f"as answer ({', '.join(columns)})"
    ).fetchall()
    size = len(case.by)
    return {row[:size]: list(row[size:]) for row in found if any(row[size:])}
