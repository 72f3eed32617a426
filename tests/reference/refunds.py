"""What was paid back of which conversion, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from reference.days import end_of
from reference.facts import Conversion, Moment, Property, Refund, RefundRow
from reference.money import exchanged

CANCELLATION = "cancellation"
# time, whether it is a cancellation, id, day, kind, amount: in this order
Step = tuple[datetime, bool, str, date, str, Decimal | None]


def paid_back(
    shop: Property, conversions: Sequence[Conversion], rows: Sequence[RefundRow]
) -> list[Refund]:
    """Tell the refunds that are taken.

    "The refunds of a conversion are taken in time order; one that exceeds what is left
    is rejected as a whole, and a smaller one after it may fit. Refunds of conversions
    that are unknown or do not count are rejected." "A cancellation pays back what is
    left, on its day; nothing can be paid back after." "At one instant the smaller id
    goes first", and the cancellation last.
    """
    by_conversion: dict[str, list[RefundRow]] = defaultdict(list)
    for row in rows:
        by_conversion[row.conversion_id].append(row)
    found = []
    for conversion in conversions:
        if not conversion.is_counted:
            continue
        order, left = conversion.order, conversion.revenue
        steps: list[Step] = [
            (
                time_of(shop, row.when),
                False,
                row.refund_id or "",
                row.when.day,
                row.kind or "refund",
                amount_of(shop, conversion, row),
            )
            for row in by_conversion[conversion.conversion_id]
        ]
        if order and order.cancelled:
            at = time_of(shop, order.cancelled)
            steps.append((at, True, "", order.cancelled.day, CANCELLATION, None))
        steps.sort(key=lambda step: step[:3])
        for _, is_cancellation, _, day, kind, amount in steps:
            taken = left if is_cancellation else amount
            if taken is not None and taken <= left and (taken or not is_cancellation):
                left -= taken
                found.append(
                    Refund(
                        conversion.conversion_id, conversion.user_id, day, taken, kind
                    )
                )
            if is_cancellation:
                break
    return found


def time_of(shop: Property, when: Moment) -> datetime:
    """Tell a time in UTC: "where only the day is known, at its end"."""
    return when.at or end_of(when.day, shop.time_zone)


def amount_of(shop: Property, conversion: Conversion, row: RefundRow) -> Decimal | None:
    """Tell an amount: "a refund in the currency of its order has the order's rate"."""
    order = conversion.order
    is_same = order is not None and row.currency == order.currency
    day = conversion.day if is_same else row.when.day
    return exchanged(shop, row.amount, row.currency, day, places=2)


def refunded(refunds: Sequence[Refund]) -> dict[str | None, Decimal]:
    """Add up "all that was paid back" of each conversion."""
    sums: dict[str | None, Decimal] = defaultdict(Decimal)
    for refund in refunds:
        sums[refund.conversion_id] += refund.amount
    return sums
