"""The marts against package `reference`, on random shops, mart by mart and row by row.

Each shop is a property of one build, read in the input contract from files in a folder
of its own; its time zone, currency and margin are in the seeds of a copy of the
project.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from nasty_shops import OWN_MODELS, known_channels, made_shop, written_shop
from reference import (
    attribution,
    conversions,
    costs,
    customers,
    journeys,
    listings,
    markov,
    refunds,
    sessions,
)
from reference.attribution import MODELS
from reference.facts import Cells
from reference.shop import Shop
from support import PROJECT, Build, building_in, copied_project, dbt, differences

pytestmark = pytest.mark.slow

SHOPS = 12
SHOPS_BY_NIGHT = 100
MAPPINGS = "seeds/mappings"


@dataclass(frozen=True)
class Built:
    """Shops, and the build that all of them are properties of."""

    shops: list[Shop]
    build: Build

    def check(
        self, sql: str, key_count: int, expected: Callable[[Shop], Cells]
    ) -> None:
        """Compare a mart with the reference, shop by shop and cell by cell.

        Args:
            sql: asks for property, keys and values.
            key_count: how many keys there are after the property.
            expected: what the reference says of a shop.
        """
        cells = {shop.about.name: expected(shop) for shop in self.shops}
        wrong = differences(self.build.rows(sql), key_count, cells)
        assert dict(list(wrong.items())[:5]) == {}, f"{len(wrong)} rows differ"


def append(seed: Path, rows: list[list[object]]) -> None:
    """Add rows to a seed."""
    with seed.open("a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.fixture(
    scope="module",
    params=[SHOPS, pytest.param(SHOPS_BY_NIGHT, marks=pytest.mark.nightly)],
    ids=["by_day", "by_night"],
)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Built:
    """Build the shops together, in a copy of the project that knows them."""
    folder = tmp_path_factory.mktemp("nasty")
    project = copied_project(folder / "project")
    channels = known_channels(PROJECT / MAPPINGS / "channel_mapping.csv")
    shops = [made_shop(seed, channels) for seed in range(request.param)]
    abouts = [shop.about for shop in shops]
    append(
        project / MAPPINGS / "properties.csv",
        [[a.name, a.time_zone, a.currency, "", a.gross_margin] for a in abouts],
    )
    append(
        project / MAPPINGS / "exchange_rates.csv",
        [
            [currency, day, rate]
            for currency, published in abouts[0].rates.items()
            for day, rate in published.items()
        ],
    )
    raw = {s.about.name: str(written_shop(s, folder / s.about.name)) for s in shops}
    with building_in(project):
        build = dbt(
            folder / "build",
            "build",
            variables={
                "raw": raw,
                "attribution_models": [*MODELS, "markov", *OWN_MODELS],
                # tracker and books are meant to disagree
                "max_gap_share": 1_000_000,
            },
        )
    return Built(shops, build)


def test_every_data_test_passes(built: Built) -> None:
    assert built.build.faults == {}


def cases(shop: Shop) -> Iterator[str]:
    """Name the awkward cases that a shop has."""
    yield from (row[0] for row in conversions.reconciled(shop.sides).values())
    yield from (row[0] for row in costs.days_reported(shop.campaign_days).values())
    yield from (row[5] for row in listings.reported(shop.listings).values())
    yield from (f"lag {key[3]}" for key in customers.lags(shop.customers))
    yield from (refund.kind for refund in shop.refunds)
    started = {session.session_id: session.started_at for session in shop.sessions}
    for part in ("user_id", "market"):
        sides = [shop.sides.tracked.values(), shop.sides.booked.values()]
        named = [any(getattr(order, part) for order in side) for side in sides]
        if all(sides) and not all(named):
            yield f"{part} named by {'tracker' if named[0] else 'books'} alone"
    for conversion in shop.conversions:
        touches = shop.journeys[conversion.conversion_id]
        ages = [conversion.converted_at - started[t.session_id] for t in touches]
        if conversion.user_id is None:
            yield "conversion of nobody"
        if conversion.is_counted and not conversion.revenue:
            yield "counted at nothing"
        if conversion.is_counted and not touches:
            yield "no touchpoint"
        if len({touch.touched_at for touch in touches}) < len(touches):
            yield "touches at one instant"
        if timedelta(0) in ages:
            yield "touch at the instant of the conversion"
        if any(age < timedelta(0) for age in ages):
            yield "touch after the conversion"
        is_weighed = "journeys" in shop.tables and touches
        if is_weighed and not any(touch.provided_weight for touch in touches):
            yield "weights that sum to 0"
        if timedelta(days=90, microseconds=-1) in ages:
            yield "touch as old as the lookback allows"
        if any(
            conversion.converted_at - session.started_at == timedelta(days=90)
            for session in shop.sessions
            if conversion.user_id and session.user_id == conversion.journey_user_id
        ):
            yield "session a microsecond too old"


def test_the_shops_are_nasty(built: Built) -> None:
    met = {case for shop in built.shops for case in cases(shop)}
    assert met >= {
        "awaiting_backend",
        "missing_in_tracking",
        "missing_in_backend",
        "duplicate_in_tracking",
        "revenue_differs",
        "user_differs",
        "date_differs",
        "market_differs",
        "matched",
        "user_id named by tracker alone",
        "user_id named by books alone",
        "market named by tracker alone",
        "market named by books alone",
        "cost_without_sessions",
        "sessions_without_cost",
        "sessions_without_price",
        "cost_without_clicks",
        "cost_differs",
        "covered",
        "started",
        "completed",
        "sold",
        "lag -1",
        "lag 0",
        "cancellation",
        "conversion of nobody",
        "counted at nothing",
        "no touchpoint",
        "touches at one instant",
        "touch at the instant of the conversion",
        "touch after the conversion",
        "weights that sum to 0",
        "touch as old as the lookback allows",
        "session a microsecond too old",
    }


# --- who came, what was bought --------------------------------------------------------


def test_sessions(built: Built) -> None:
    built.check(
        "select property, session_id, user_id, started_at, session_date, channel, "
        "is_direct, campaign_id, market, device, is_bounce, session_number, "
        "duration_seconds, session_cost from marts.fct_sessions",
        1,
        lambda shop: sessions.reported(shop.sessions),
    )


def test_sessions_daily(built: Built) -> None:
    built.check(
        "select property, session_date, channel, device, market, session_count, "
        "user_count, bounce_count, judged_session_count, duration_seconds_sum, "
        "timed_session_count, session_cost from marts.rpt_sessions_daily",
        4,
        lambda shop: sessions.daily(shop.sessions),
    )


def test_active_users(built: Built) -> None:
    built.check(
        "select property, period, period_start, device, active_users, session_count, "
        "daily_active_users_mean, stickiness from marts.rpt_active_users",
        3,
        lambda shop: sessions.active_users(shop.sessions),
    )


def conversions_of(shop: Shop) -> Cells:
    """Tell fct_conversions."""
    paid_back = refunds.refunded(shop.refunds)
    numbered = conversions.numbers(shop.conversions)
    seen = customers.first_sessions(shop.customers)
    both = shop.sides
    return {
        (c.conversion_id,): (
            c.user_id,
            c.converted_at,
            c.day,
            c.market,
            c.device,
            c.is_counted,
            c.conversion_id in both.tracked,
            c.conversion_id in both.booked,
            numbered.get(c.conversion_id),
            seen[c.user_id].channel if c.user_id in seen else "(no session)",
            c.revenue,
            paid_back[c.conversion_id],
            c.revenue - paid_back[c.conversion_id],
        )
        for c in shop.conversions
    }


def test_conversions(built: Built) -> None:
    built.check(
        "select property, conversion_id, user_id, converted_at, conversion_date, "
        "market, device, is_counted, is_tracked, is_in_backend, conversion_number, "
        "acquisition_channel, revenue, refunded_revenue, net_revenue "
        "from marts.fct_conversions",
        1,
        conversions_of,
    )


def test_refunds(built: Built) -> None:
    def expected(shop: Shop) -> Cells:
        return Counter(
            (r.conversion_id, r.user_id, r.day, r.kind, r.amount) for r in shop.refunds
        )

    built.check(
        "select property, conversion_id, user_id, refund_date, kind, "
        "refunded_revenue, count(*) from marts.fct_refunds group by all",
        5,
        lambda shop: {key: (count,) for key, count in expected(shop).items()},
    )


def test_what_is_refused(built: Built) -> None:
    def expected(shop: Shop) -> Cells:
        both = shop.sides
        refunded = [r for r in shop.refunds if r.kind != refunds.CANCELLATION]
        kept = {
            "sessions": len(shop.sessions),
            "conversions": len(both.tracked),
            "backend_conversions": len(both.booked),
            "journeys": sum(map(len, shop.journeys.values())),
            "ad_costs": sum(bill.row_count for bill in shop.bills),
            "refunds": len(refunded),
            "listings": len(shop.listings),
            "listing_events": len(shop.rows("listing_events")),
        }
        refused = {name: len(shop.tables[name]) - kept[name] for name in shop.tables}
        return {(name,): (count,) for name, count in refused.items() if count}

    built.check(
        "select property, raw_table, count(*) from marts.fct_rejected_rows "
        "group by all",
        1,
        expected,
    )


def test_reconciliation(built: Built) -> None:
    built.check(
        "select property, conversion_id, status, is_awaiting_backend, "
        "is_missing_in_tracking, is_missing_in_backend, is_duplicate_in_tracking, "
        "is_revenue_different, is_user_different, is_date_different, "
        "is_market_different, tracked_revenue, backend_revenue, revenue_gap, "
        "conversion_date, market from marts.fct_conversion_reconciliation",
        1,
        lambda shop: conversions.reconciled(shop.sides),
    )


def test_reconciliation_daily(built: Built) -> None:
    built.check(
        "select property, conversion_date, market, conversion_count, tracked_count, "
        "backend_count, matched_count, awaiting_count, tracked_revenue, "
        "backend_revenue, revenue_gap, awaiting_gap "
        "from marts.rpt_reconciliation_daily",
        2,
        lambda shop: conversions.reconciliation_daily(
            conversions.reconciled(shop.sides)
        ),
    )


# --- attribution ----------------------------------------------------------------------


def test_touchpoints(built: Built) -> None:
    built.check(
        "select property, conversion_id, session_id, touch_number, touch_count, "
        "touched_at, touch_date, converted_at, channel, campaign_id "
        "from marts.fct_touchpoints",
        2,
        lambda shop: journeys.touchpoints(shop.conversions, shop.journeys),
    )


def test_journey_paths(built: Built) -> None:
    built.check(
        "select property, path, conversion_count, cast(revenue * 100 as bigint), "
        "touch_count from marts.rpt_journey_paths",
        1,
        lambda shop: journeys.paths(shop.conversions, shop.journeys),
    )


def credits_of(shop: Shop) -> Cells:
    """Tell fct_attribution_credits, cents and shares."""
    return {
        (model, credit.conversion.conversion_id, credit.touch_number): (
            credit.touch and credit.touch.session_id,
            credit.channel,
            credit.day("touch"),
            credit.conversion.day,
            credit.conversion.market,
            credit.cents,
            credit.share,
        )
        for model, found in shop.credits.items()
        for credit in found
    }


def test_credits(built: Built) -> None:
    built.check(
        "select property, attribution_model, conversion_id, touch_number, session_id, "
        "channel, touch_date, conversion_date, market, "
        "cast(credited_revenue * 100 as bigint), credit_share "
        "from marts.fct_attribution_credits",
        3,
        credits_of,
    )


def test_removal_effects(built: Built) -> None:
    def expected(shop: Shop) -> Cells:
        effects = shop.removal_effects
        shares = markov.classical_shares(effects)
        credited = {credit.channel for credit in shop.credits["markov"]}
        # of what neither led anywhere nor was credited there is nothing to say
        return {
            (channel,): (effect, shares[channel])
            for channel, effect in effects.items()
            if effect or channel in credited
        }

    built.check(
        "select property, channel, removal_effect, classical_share "
        "from marts.rpt_attribution_models where attribution_model = 'markov' "
        "and channel != '(no touchpoint)'",
        1,
        expected,
    )


def test_attribution_models(built: Built) -> None:
    built.check(
        "select property, attribution_model, channel, credited_conversions, "
        "cast(credited_revenue * 100 as bigint), revenue_share, model_spread, "
        "participating_conversions, cast(participating_revenue * 100 as bigint) "
        "from marts.rpt_attribution_models",
        2,
        lambda shop: attribution.models_reported(
            shop.conversions, shop.journeys, shop.credits
        ),
    )


def test_channel_attribution(built: Built) -> None:
    def expected(shop: Shop) -> Cells:
        return {
            (model, date_basis, *key): row
            for model, credited in shop.credits.items()
            for date_basis in ("conversion", "touch")
            for key, row in attribution.by_day(credited, date_basis).items()
        }

    built.check(
        "select property, attribution_model, date_basis, report_date, channel, market, "
        "credited_conversions, cast(credited_revenue * 100 as bigint) "
        "from marts.rpt_channel_attribution",
        5,
        expected,
    )


# --- costs ----------------------------------------------------------------------------


def test_campaign_days(built: Built) -> None:
    built.check(
        "select property, campaign_id, cost_date, status, cost, clicks, session_count, "
        "session_cost, cost_gap, click_gap from marts.fct_campaign_days",
        2,
        lambda shop: costs.days_reported(shop.campaign_days),
    )


def test_coverage_of_campaigns(built: Built) -> None:
    built.check(
        "select property, campaign_id, status, cost, clicks, cpc, session_count, "
        "session_cost, cost_coverage, click_coverage, day_count, uncovered_day_count "
        "from marts.rpt_campaign_cpc",
        1,
        lambda shop: costs.campaigns_reported(shop.campaign_days),
    )


def test_channel_costs(built: Built) -> None:
    built.check(
        "select property, report_date, channel, ad_cost, session_only_cost, clicks, "
        "session_count from marts.rpt_channel_costs",
        2,
        lambda shop: shop.channel_costs,
    )


def test_channel_performance(built: Built) -> None:
    def expected(shop: Shop) -> Cells:
        return {
            (model, date_basis, *key): row
            for model in shop.credits
            for date_basis in ("conversion", "touch")
            for key, row in shop.performance(model, date_basis).items()
        }

    built.check(
        "select property, attribution_model, date_basis, report_date, channel, cost, "
        "clicks, session_count, credited_conversions, credited_revenue, "
        "credited_profit, cpc, cpo, roas, romi, conversion_rate "
        "from marts.rpt_channel_performance",
        4,
        expected,
    )


# --- customers ------------------------------------------------------------------------


def test_users(built: Built) -> None:
    built.check(
        "select property, user_id, first_session_at, last_session_at, "
        "first_session_date, first_conversion_at, last_conversion_at, "
        "first_conversion_date, acquisition_channel, acquisition_device, "
        "session_count, conversion_count, revenue, refunded_revenue, net_revenue, "
        "hours_to_first_conversion, recency_days, segment from marts.dim_users",
        1,
        lambda shop: customers.users(shop.customers),
    )


def test_retention(built: Built) -> None:
    built.check(
        "select property, cohort_month, month_number, channel, device, cohort_users, "
        "active_users, retention_rate from marts.rpt_retention",
        4,
        lambda shop: customers.retention(shop.customers),
    )


def test_ltv(built: Built) -> None:
    built.check(
        "select property, cohort_month, month_number, channel, device, buyers, "
        "conversion_count, revenue, refunded_revenue, net_revenue, "
        "cumulative_revenue, ltv from marts.rpt_ltv",
        4,
        lambda shop: customers.ltv(shop.customers),
    )


def test_conversion_lag(built: Built) -> None:
    built.check(
        "select property, cohort_month, channel, device, lag_days, buyers "
        "from marts.rpt_conversion_lag",
        4,
        lambda shop: customers.lags(shop.customers),
    )


def test_orders(built: Built) -> None:
    built.check(
        "select property, period, period_start, device, order_count, buyer_count, "
        "revenue, average_order_value from marts.rpt_orders",
        3,
        lambda shop: customers.orders(shop.customers),
    )


def test_acquisition(built: Built) -> None:
    built.check(
        "select property, cohort_month, channel, cost, new_users, new_buyers, "
        "observed_months, cumulative_revenue, gross_profit, cac, romi, ltv_to_cac, "
        "payback_month from marts.rpt_acquisition",
        2,
        lambda shop: customers.acquisition(shop.customers),
    )


# --- listings -------------------------------------------------------------------------


def test_listings(built: Built) -> None:
    built.check(
        "select property, listing_id, created_at, completed_at, sold_at, brand, "
        "category, status, minutes_to_complete, days_to_sell from marts.fct_listings",
        1,
        lambda shop: listings.reported(shop.listings),
    )


def test_listing_funnel(built: Built) -> None:
    def expected(shop: Shop) -> Cells:
        clicked = [row["listing_id"] for row in shop.rows("listing_events")]
        return listings.funnel(shop.listings, clicked)

    built.check(
        "select property, dimension, dimension_value, started_count, completed_count, "
        "sold_count, click_count from marts.rpt_listing_funnel",
        2,
        expected,
    )
