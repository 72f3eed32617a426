"""Defects of sessions, campaign costs and journeys.

Each function damages the finished shop and lists what the marts must find.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sample.raw import Row
from sample.shop import (
    DAYS,
    LAST_BOOKED_DAY,
    UNBILLED_CAMPAIGN,
    UNPRICED_CAMPAIGN,
    UNTRACKED_CAMPAIGN,
    Shop,
)

UNKNOWN_CHANNEL = "Podcast"


def channel_spelled_differently(shop: Shop) -> None:
    """Write the channel in lower case on one landing page."""
    channel = "FB & IG Ads"
    spelled_well = [row for row in shop.sessions if row["channel_name"] == channel]
    for row in spelled_well[::12]:
        row["channel_name"] = channel.lower()
    shop.found(
        "channel_spelled_differently", "session_sources", channel, note="lower case"
    )


def channel_unmapped(shop: Shop) -> None:
    """Try something new in marketing and tell nobody."""
    referrals = [row for row in shop.sessions if row["channel_name"] == "Referral"]
    for row in referrals[::10][:10]:
        row["channel_name"] = UNKNOWN_CHANNEL
    shop.found("channel_unmapped", "session_sources", UNKNOWN_CHANNEL, note="new")


def cost_without_sessions(shop: Shop) -> None:
    """Forget to tag ads: every click costs, and arrives as organic traffic."""
    shop.found(
        "campaign_without_sessions",
        "api_adwords_costs",
        UNTRACKED_CAMPAIGN.campaign_id,
        note="untagged ads",
    )
    for cost in [*costs_of(shop, UNTRACKED_CAMPAIGN.campaign_id), take_day(shop)]:
        for row in shop.sessions_of(cost):
            row |= {
                "channel_name": "Organic Traffic",
                "campaign_name": "",
                "campaign_id": "",
                "cpc": "",
            }
        find_day(shop, "cost_without_sessions", cost, note="untagged ads")


def sessions_without_cost(shop: Shop) -> None:
    """Miss an account in the cost export, and one day of another."""
    for cost in [*costs_of(shop, UNBILLED_CAMPAIGN.campaign_id), take_day(shop)]:
        shop.costs.remove(cost)
        find_day(shop, "sessions_without_cost", cost, note="not exported")


def sessions_without_price(shop: Shop) -> None:
    """Bid by conversion: the tracker prices the campaign's clicks at 0."""
    for cost in costs_of(shop, UNPRICED_CAMPAIGN.campaign_id):
        for row in shop.sessions_of(cost):
            row["cpc"] = "0"
        find_day(shop, "sessions_without_price", cost, note="cpc 0")


def cost_without_clicks(shop: Shop) -> None:
    """Export the clicks of a day before they are final."""
    for cost in shop.take_campaign_days(2):
        cost["clicks"] = "0"
        find_day(shop, "cost_without_clicks", cost, note="clicks 0")


def cost_differs(shop: Shop) -> None:
    """Correct the bill after the fact, once by a cent."""
    changes = (Decimal("2.5"), Decimal("0.01"), Decimal("-0.075"))
    days = shop.take_campaign_days(len(changes))
    for cost, change in zip(days, changes, strict=True):
        cost["cost"] = str(Decimal(cost["cost"]) + change)
        find_day(shop, "cost_differs", cost, note=f"{change:+}")


def cost_in_two_rows(shop: Shop) -> None:
    """Bill a campaign-day in two parts that add up: no finding."""
    [cost] = shop.take_campaign_days(1)
    part = cost | {"cost": "0.05", "clicks": "1"}
    cost["cost"] = str(Decimal(cost["cost"]) - Decimal(part["cost"]))
    cost["clicks"] = str(int(cost["clicks"]) - int(part["clicks"]))
    shop.costs.append(part)


def touch_after_conversion(shop: Shop) -> None:
    """Date a touch after the order it is said to have caused."""
    for row in shop.take_conversions(3, lambda row: has_movable_touch(shop, row)):
        touch = free_touches(shop, row)[-1]
        shop.session_of(touch)["event_date"] = day_after(row).isoformat()
        find_touch(shop, "touch_after_conversion", touch, note="a day late")


def journey_crosses_users(shop: Shop) -> None:
    """Share a device: another user's session is in the journey."""
    for row in shop.take_conversions(3, lambda row: len(shop.journey_of(row)) > 1):
        touch = shop.journey_of(row)[0]
        shop.session_of(touch)["user_id"] = shop.neighbour(row)
        find_touch(shop, "journey_crosses_users", touch, note="other user's session")


def provided_weights_off(shop: Shop) -> None:
    """Deliver weights never computed, cut off, or of two runs at once."""
    for total in (0, 0, 0.9, 0.9, 2, 2):
        [row] = shop.take_conversions(1, lambda row: bool(shop.journey_of(row)))
        for touch in shop.journey_of(row):
            touch["ihc"] = repr(float(touch["ihc"]) * total)
        shop.found(
            "provided_weights_off",
            "attribution_customer_journey",
            row["conv_id"],
            note=f"sum {total}",
        )


def conversion_without_touchpoint(shop: Shop) -> None:
    """Compute journeys for part of the conversions only.

    There is none for the test user and none for what was never tracked.
    """
    touched = {touch["conv_id"] for touch in shop.journeys}
    booked = {row["conv_id"] for row in shop.booked}
    awaiting = {
        row["conv_id"]
        for row in shop.tracked
        if row["conv_date"] > LAST_BOOKED_DAY.isoformat()
    }
    for conv_id in sorted((booked | awaiting) - touched):
        shop.found(
            "conversion_without_touchpoint",
            "attribution_customer_journey",
            conv_id,
            note="no journey",
        )


def costs_of(shop: Shop, campaign_id: str) -> list[Row]:
    """Find the cost rows of a campaign."""
    return [row for row in shop.costs if row["campaign_id"] == campaign_id]


def take_day(shop: Shop) -> Row:
    """Take one ordinary campaign-day."""
    [cost] = shop.take_campaign_days(1)
    return cost


def find_day(shop: Shop, check: str, cost: Row, note: str) -> None:
    """List a campaign-day; one without cost is seen from its sessions."""
    is_seen_from_cost = check in {
        "cost_without_sessions",
        "cost_without_clicks",
        "cost_differs",
    }
    shop.found(
        f"campaign_day_{check}",
        "api_adwords_costs" if is_seen_from_cost else "session_sources",
        cost["campaign_id"],
        cost["event_date"],
        note=note,
    )


def find_touch(shop: Shop, check: str, touch: Row, note: str) -> None:
    """List a journey row."""
    shop.found(
        check,
        "attribution_customer_journey",
        touch["conv_id"],
        touch["session_id"],
        note=note,
    )


def day_after(row: Row) -> date:
    """Give the day after a conversion."""
    return date.fromisoformat(row["conv_date"]) + timedelta(1)


def free_touches(shop: Shop, row: Row) -> list[Row]:
    """Find the touches of no campaign, which can move without moving a cost."""
    touches = shop.journey_of(row)
    return [touch for touch in touches if not shop.session_of(touch)["campaign_id"]]


def has_movable_touch(shop: Shop, row: Row) -> bool:
    """Tell whether a touch could come the day after the conversion."""
    return day_after(row) in DAYS and bool(free_touches(shop, row))


TOUCH_DEFECTS = (
    channel_spelled_differently,
    channel_unmapped,
    cost_without_sessions,
    sessions_without_cost,
    sessions_without_price,
    cost_without_clicks,
    cost_differs,
    cost_in_two_rows,
    touch_after_conversion,
    journey_crosses_users,
    provided_weights_off,
    conversion_without_touchpoint,
)
