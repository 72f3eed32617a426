"""Defects between what the tracker saw and what the backend booked, and of the month.

Each function damages the finished shop and lists what the marts must find.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sample.raw import Row
from sample.shop import (
    BUSY_DAY,
    DAYS,
    KRONA_MARKET,
    LAST_BOOKED_DAY,
    MARKET_WEIGHTS,
    SILENT_DAY,
    Shop,
)


def busy_day(shop: Shop) -> None:
    """Hold a sale: more than twice the visits, orders and revenue of a usual Friday."""
    day = BUSY_DAY.isoformat()
    for measure, table in MEASURE_TABLES.items():
        shop.found("daily_spike", table, measure, day, note="sale")


def silent_day(shop: Shop) -> None:
    """Lose the export of one day: no session, no conversion, no cost."""
    day = SILENT_DAY.isoformat()
    for measure, table in MEASURE_TABLES.items():
        shop.found("missing_day", table, measure, day, note="export failed")
    shop.found("cost_day_missing", "api_adwords_costs", day, note="export failed")


def tester_orders_a_hundred_times(shop: Shop) -> None:
    """Let somebody test the checkout in production, all month, without a journey."""
    shop.found(
        "user_with_many_conversions",
        "conversions_backend",
        shop.tester.user_id,
        note="test user",
    )


def revenue_in_krona(shop: Shop) -> None:
    """Leave one market in its own currency: ten times everybody else's revenue."""
    shop.found(
        "market_on_another_scale",
        "conversions_backend",
        KRONA_MARKET,
        note="SEK not converted",
    )


def awaiting_backend(shop: Shop) -> None:
    """Export the backend a day later than the tracker."""
    for row in shop.tracked:
        if row["conv_date"] > LAST_BOOKED_DAY.isoformat():
            shop.booked.remove(shop.booking_of(row))
            shop.found(
                "conversion_awaiting_backend",
                "conversions",
                row["conv_id"],
                note="after the last booked day",
            )


def missing_in_tracking(shop: Shop) -> None:
    """Let buyers refuse cookies: booked, never tracked, hence without a journey."""
    for row in shop.take_conversions(5, lambda row: not shop.journey_of(row)):
        shop.tracked.remove(row)
        shop.found(
            "conversion_missing_in_tracking",
            "conversions",
            row["conv_id"],
            note="booked only",
        )


def missing_in_backend(shop: Shop) -> None:
    """Let payments fail after the thank-you page: tracked, never booked."""
    for row in shop.take_conversions(4):
        shop.booked.remove(shop.booking_of(row))
        shop.found(
            "conversion_missing_in_backend",
            "conversions_backend",
            row["conv_id"],
            note="tracked only",
        )


def zero_revenue_in_tracking(shop: Shop) -> None:
    """Fire the pixel before the basket is priced."""
    for row in shop.take_conversions(3):
        row["revenue"] = "0"
        for check in ("zero_revenue_in_tracking", "revenue_differs"):
            shop.found(check, "conversions", row["conv_id"], note="tracked at 0")


def revenue_differs(shop: Shop) -> None:
    """Keep a rounded cent, VAT, shipping and a coupon to one side."""
    changes = {
        "one cent": Decimal("-0.01"),
        "without shipping": Decimal("-4.95"),
        "without VAT": Decimal("-9.12"),
        "before the coupon": Decimal(10),
    }
    rows = shop.take_conversions(len(changes), lambda row: Decimal(row["revenue"]) > 20)
    for row, (note, change) in zip(rows, changes.items(), strict=True):
        row["revenue"] = str(Decimal(row["revenue"]) + change)
        shop.found("revenue_differs", "conversions", row["conv_id"], note=note)


def same_revenue_written_differently(shop: Shop) -> None:
    """Drop a last zero, 12.5 for 12.50: the same money, no finding."""
    [row] = shop.take_conversions(1, lambda row: row["revenue"].endswith("0"))
    row["revenue"] = row["revenue"].removesuffix("0")


def tracked_under_another_user(shop: Shop) -> None:
    """Reset a cookie on the way to the thank-you page: tracked under both users.

    The row that agrees with the backend stays, whether or not its user sorts first.
    """
    rows = shop.take_conversions(4, lambda row: "3" < row["user_id"][8:] < "7")
    for place, row in enumerate(rows):
        comparison = str.__lt__ if place % 2 else str.__gt__
        track_again(shop, row | {"user_id": shop.neighbour(row, comparison)})


def tracked_under_another_date(shop: Shop) -> None:
    """Show the thank-you page the evening before the booking, and once more then."""
    [row] = shop.take_conversions(1, lambda row: moved(row, -1) in DAYS)
    track_again(shop, row | {"conv_date": moved(row, -1).isoformat()})


def tracked_twice_and_never_right(shop: Shop) -> None:
    """Track under two users, book under a third: the smallest user id stays."""
    [row] = shop.take_conversions(1, lambda row: row["user_id"][8:] < "7")
    booking = shop.booking_of(row)
    track_again(shop, row | {"user_id": shop.neighbour(row, str.__gt__)})
    taken_users = {
        other["user_id"] for other in shop.tracked if other["conv_id"] == row["conv_id"]
    }
    while booking["user_id"] in taken_users:
        booking["user_id"] = shop.neighbour(row)
    shop.found("user_differs", "conversions", row["conv_id"], note="neither agrees")


def user_differs(shop: Shop) -> None:
    """Track the cookie, book the account that paid."""
    for row in shop.take_conversions(3):
        shop.booking_of(row)["user_id"] = shop.neighbour(row)
        shop.found(
            "user_differs", "conversions", row["conv_id"], note="other user booked"
        )


def date_differs(shop: Shop) -> None:
    """Order around midnight, where two clocks disagree on the day."""
    later = shop.take_conversions(2, lambda row: is_booked_day(moved(row, 1)))
    earlier = shop.take_conversions(1, lambda row: is_booked_day(moved(row, -1)))
    for row, shift in zip(later + earlier, (1, 1, -1), strict=True):
        row["conv_date"] = moved(row, shift).isoformat()
        note = f"{shift:+d} day"
        shop.found("date_differs", "conversions", row["conv_id"], note=note)


def market_differs(shop: Shop) -> None:
    """Track the language of the shop, book the delivery address."""
    for row in shop.take_conversions(3):
        others = [market for market in MARKET_WEIGHTS if market != row["market"]]
        row["market"] = shop.rng.choice(others)
        shop.found("market_differs", "conversions", row["conv_id"], note="other market")


def track_again(shop: Shop, row: Row) -> None:
    """Track a conversion once more, in a row that must go."""
    shop.reject("conversions", row, "conversion_id is repeated", note="tracked twice")
    shop.found(
        "duplicate_in_tracking", "conversions", row["conv_id"], note="tracked twice"
    )


def moved(row: Row, days: int) -> date:
    """Move the day of a conversion."""
    return date.fromisoformat(row["conv_date"]) + timedelta(days)


def is_booked_day(day: date) -> bool:
    """Tell whether the backend booked anything that day."""
    return day in DAYS and day <= LAST_BOOKED_DAY


MEASURE_TABLES = {
    "sessions": "session_sources",
    "conversions": "conversions_backend",
    "revenue": "conversions_backend",
}

CONVERSION_DEFECTS = (
    busy_day,
    silent_day,
    tester_orders_a_hundred_times,
    revenue_in_krona,
    awaiting_backend,
    missing_in_tracking,
    missing_in_backend,
    zero_revenue_in_tracking,
    revenue_differs,
    same_revenue_written_differently,
    tracked_under_another_user,
    tracked_under_another_date,
    tracked_twice_and_never_right,
    user_differs,
    date_differs,
    market_differs,
)
