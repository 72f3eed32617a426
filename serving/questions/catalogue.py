"""All questions, and the pages they stand on."""

from __future__ import annotations

from dataclasses import dataclass

from serving.questions import (
    budget,
    channels,
    customers,
    marketplace,
    numbers,
    quality,
    reconciliation,
    sessions,
    spend,
)
from serving.questions.common import Question


@dataclass(frozen=True)
class Page:
    """Questions that are read together.

    `in_report` is the title of the section of the report that it is; none where the
    page is of the dashboard alone.
    """

    key: str
    title: str
    questions: tuple[Question, ...]
    in_report: str | None = None


PAGES = (
    Page(
        "overview",
        "Overview",
        (
            numbers.revenue_over_time,
            numbers.orders_over_time,
            numbers.sessions_over_time,
            numbers.revenue_by_market,
        ),
        "Our numbers",
    ),
    Page(
        "sessions",
        "Sessions and product",
        (
            sessions.active_users,
            sessions.sessions_by_channel,
            sessions.bounce_by_channel,
            sessions.sessions_by_device,
        ),
    ),
    Page(
        "channels",
        "Channels and attribution",
        (
            channels.revenue_by_channel,
            channels.models_side_by_side,
            channels.channel_returns,
            channels.paths,
            channels.top_paths,
        ),
        "Channels",
    ),
    Page(
        "reconciliation",
        "Reconciliation",
        (
            reconciliation.gap_over_time,
            reconciliation.gap_by_day,
            reconciliation.gap_by_market,
            reconciliation.disagreements,
        ),
        "Reconciliation",
    ),
    Page(
        "spend",
        "Spend and CPC",
        (
            spend.spend_over_time,
            spend.spend_by_channel,
            spend.campaign_cpc,
            spend.coverage,
        ),
        "Spend and CPC",
    ),
    Page(
        "customers",
        "Customers",
        (
            customers.retention,
            customers.ltv,
            customers.acquisition,
            customers.payback,
            customers.conversion_lag,
            customers.segments,
        ),
        "Customers",
    ),
    Page(
        "budget",
        "Budget",
        (budget.budget_shift, budget.marginal_romi),
        "Budget",
    ),
    Page(
        "marketplace",
        "Marketplace",
        (
            marketplace.funnel,
            marketplace.brands,
            marketplace.categories,
            marketplace.venues,
            marketplace.seller_segments,
            marketplace.top_sellers,
            marketplace.events,
            marketplace.partners,
        ),
        "Brands and categories",
    ),
    Page("quality", "Data quality", (quality.checks, sessions.stability)),
    Page("rejected", "Rejected rows", (quality.rejected,)),
)

QUESTIONS = {question.key: question for page in PAGES for question in page.questions}
