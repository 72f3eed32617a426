"""What clicks and channels cost, and how far sessions cover the bill."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reference.facts import NO_SESSION, NO_TOUCH, Bill, Cells, Session
from reference.numbers import quotient, running_parts

HALF_A_CENT = Decimal("0.005")
MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True)
class CampaignDay:
    """A campaign's day: what was billed, and the sessions that carry it.

    Attributes:
        bill: None for a day without one.
        session_cost: None in a property where no session says a cost.
    """

    bill: Bill | None
    sessions: tuple[Session, ...]
    session_cost: Decimal | None

    @property
    def cost(self) -> Decimal:
        """The cost; "0 for a day without a bill"."""
        return self.bill.cost if self.bill else Decimal(0)

    @property
    def clicks(self) -> int | None:
        """The clicks that were billed; None where nobody says."""
        return self.bill.clicks if self.bill else None


CampaignDays = dict[tuple[str, date], CampaignDay]


def campaign_days(sessions: Sequence[Session], bills: Sequence[Bill]) -> CampaignDays:
    """List "property, campaign and day with a cost or a session".

    "Where none of a property's sessions carries a cost, session_cost and cost_gap are
    null."
    """
    billed = {(bill.campaign_id, bill.day): bill for bill in bills}
    carrying: dict[tuple[str, date], list[Session]] = defaultdict(list)
    for session in sessions:
        if session.campaign_id:
            carrying[session.campaign_id, session.day].append(session)
    is_priced = any(session.cost is not None for session in sessions)
    found = {}
    for key in billed.keys() | carrying.keys():
        said = sum((s.cost or Decimal(0) for s in carrying[key]), Decimal(0))
        found[key] = CampaignDay(
            billed.get(key), tuple(carrying[key]), said if is_priced else None
        )
    return found


def status_of(
    cost: Decimal, clicks: int | None, session_count: int, session_cost: Decimal | None
) -> str:
    """Tell how cost and sessions agree, the first that holds.

    As seed data_quality_checks explains them: "billed, and not one session"; "sessions
    carry a price and the ad account has no cost"; "a cost and the sessions' own costs
    are 0"; "billed with clicks 0"; cost and session cost differ "by more than half a
    cent".
    """
    gap = None if session_cost is None else abs(cost - session_cost)
    if cost and not session_count:
        return "cost_without_sessions"
    if session_cost and not cost:
        return "sessions_without_cost"
    if cost and session_cost == 0:
        return "sessions_without_price"
    if cost and clicks == 0:
        return "cost_without_clicks"
    if gap is not None and gap > HALF_A_CENT:
        return "cost_differs"
    return "covered"


def days_reported(days: CampaignDays) -> Cells:
    """Tell fct_campaign_days.

    Returns:
        (campaign, day) -> status, cost, clicks, sessions, session_cost,
        cost_gap (cost - session_cost), click_gap (clicks - sessions).
    """
    found: Cells = {}
    for key, day in days.items():
        count, said, clicks = len(day.sessions), day.session_cost, day.clicks
        found[key] = (
            status_of(day.cost, clicks, count, said),
            day.cost,
            clicks,
            count,
            said,
            None if said is None else day.cost - said,
            None if clicks is None else clicks - count,
        )
    return found


def campaigns_reported(days: CampaignDays) -> Cells:
    """Tell rpt_campaign_cpc.

    Returns:
        campaign -> status, cost, clicks, cpc (cost / clicks), sessions, session_cost,
        cost_coverage (session_cost / cost), click_coverage (sessions / clicks), days
        with a cost or a session, "days on which cost and sessions disagree".
    """
    by_campaign: dict[str, list[CampaignDay]] = defaultdict(list)
    for (campaign, _), day in days.items():
        by_campaign[campaign].append(day)
    statuses = {key: row[0] for key, row in days_reported(days).items()}
    found: Cells = {}
    for campaign, own in by_campaign.items():
        cost = sum((day.cost for day in own), Decimal(0))
        count = sum(len(day.sessions) for day in own)
        known = [day.clicks for day in own if day.clicks is not None]
        clicks = sum(known) if known else None
        prices = [day.session_cost for day in own if day.session_cost is not None]
        said = sum(prices) if prices else None
        disagreeing = [
            key
            for key, status in statuses.items()
            if key[0] == campaign and status != "covered"
        ]
        found[(campaign,)] = (
            status_of(cost, clicks, count, said),
            cost,
            clicks,
            quotient(cost, clicks),
            count,
            said,
            quotient(said, cost),
            quotient(count, clicks),
            len(own),
            len(disagreeing),
        )
    return found


def channel_costs(
    sessions: Sequence[Session], bills: Sequence[Bill]
) -> dict[tuple[date, str], tuple[Decimal, Decimal, int, int]]:
    """Tell what each channel cost a day.

    ad_cost: "a campaign-day's cost shared over the channels of that campaign's sessions
    of that day in proportion to their number (by running total in channel order), (no
    session) where there are none. session_only_cost: session_cost of sessions whose
    campaign is null or nowhere in the property's cost table." Clicks go the way of
    ad_cost.

    Returns:
        (day, channel) -> ad_cost, session_only_cost, clicks, sessions.
    """
    sums: dict[tuple[date, str], list] = defaultdict(
        lambda: [Decimal(0), Decimal(0), 0, 0]
    )
    for (_, day), found in campaign_days(sessions, bills).items():
        if found.bill:
            counts = Counter(session.channel for session in found.sessions)
            names = sorted(counts) or [NO_SESSION]
            weights = [counts[name] or 1 for name in names]
            costs = running_parts(int(found.cost / MILLIONTH), weights)
            clicks = running_parts(found.clicks or 0, weights)
            for name, cost, count in zip(names, costs, clicks, strict=True):
                sums[day, name][0] += cost * MILLIONTH
                sums[day, name][2] += count
    billed = {bill.campaign_id for bill in bills}
    for session in sessions:
        row = sums[session.day, session.channel]
        row[3] += 1
        if session.campaign_id not in billed:
            row[1] += session.cost or Decimal(0)
    return {key: tuple(row) for key, row in sums.items()}


def performance(
    costs: Mapping[tuple[date, str], tuple[Decimal, Decimal, int, int]],
    earned: Mapping[tuple[date, str], tuple[Decimal, Decimal]],
    gross_margin: Decimal,
) -> Cells:
    """Judge each channel and day by what it earned of its cost, for one model.

    Args:
        costs: what `channel_costs` tells.
        earned: (day, channel) -> credited conversions and revenue.
        gross_margin: of the property.

    Returns:
        (day, channel) -> cost, clicks, sessions, conversions, revenue, profit,
        CPC = cost/clicks, CPO = cost/credited conversions, ROAS = credited
        revenue/cost, ROMI = (credited revenue × gross_margin - cost)/cost, conversion
        rate. "Ratios of (no session) and (no touchpoint) are null."
    """
    found: Cells = {}
    for key in costs.keys() | earned.keys():
        billed, own, clicks, count = costs.get(key, (Decimal(0), Decimal(0), 0, 0))
        conversions, revenue = earned.get(key, (Decimal(0), Decimal(0)))
        cost, profit = billed + own, revenue * gross_margin
        ratios = (
            quotient(cost, clicks),
            quotient(cost, conversions),
            quotient(revenue, cost),
            quotient(profit - cost, cost),
            quotient(conversions, count),
        )
        if key[1] in (NO_SESSION, NO_TOUCH):
            ratios = (None,) * 5
        found[key] = (cost, clicks, count, conversions, revenue, profit, *ratios)
    return found
