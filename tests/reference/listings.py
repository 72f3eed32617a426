"""How far listings come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from reference.facts import ALL, UNKNOWN, Cells, Listing
from reference.numbers import rounded

DIMENSIONS = ("brand", "category")


def status_of(listing: Listing) -> str:
    """Tell the status: "the latest step, whatever is missing between"."""
    if listing.sold_at:
        return "sold"
    return "completed" if listing.completed_at else "started"


def passed(start: datetime | None, end: datetime | None, unit: int) -> Decimal | None:
    """Tell the time between two steps: "forwards or unknown".

    Args:
        start: the first step.
        end: the step after it.
        unit: seconds of a unit.
    """
    if start is None or end is None or end < start:
        return None
    between = end - start
    ticks = (between.days * 86400 + between.seconds) * 10**6 + between.microseconds
    return rounded(Fraction(ticks, unit * 10**6), 6)


def reported(listings: Sequence[Listing]) -> Cells:
    """Tell fct_listings.

    Returns:
        listing_id -> created, completed, sold (UTC), brand, category, status, minutes
        "from start to submission", days "from submission to sale".
    """
    return {
        (one.listing_id,): (
            one.created_at,
            one.completed_at,
            one.sold_at,
            one.brand,
            one.category,
            status_of(one),
            passed(one.created_at, one.completed_at, 60),
            passed(one.completed_at, one.sold_at, 86400),
        )
        for one in listings
    }


def funnel(listings: Sequence[Listing], clicked: Sequence[str]) -> Cells:
    """Tell rpt_listing_funnel.

    "The counts of the funnel are what has a time of it." "Clicks on no listing are
    clicks, under (unknown) in every dimension." "The funnel has only dimensions that a
    property knows." "Clicks are null in a property that has none at all."

    Args:
        listings: all of them.
        clicked: the listing of each listing event.

    Returns:
        (dimension, value) -> started, completed, sold, clicks.
    """
    known = {listing.listing_id: listing for listing in listings}
    sums: dict[tuple[str, str], Counter] = {}
    dimensions = [
        name for name in DIMENSIONS if any(getattr(one, name) for one in listings)
    ]
    for listing in listings:
        for key in values_of(listing, dimensions):
            counts = sums.setdefault(key, Counter())
            counts["started"] += 1
            counts["completed"] += listing.completed_at is not None
            counts["sold"] += listing.sold_at is not None
    for listing_id in clicked:
        for key in values_of(known.get(listing_id), dimensions):
            sums.setdefault(key, Counter())["clicks"] += 1
    return {
        key: (
            counts["started"],
            counts["completed"],
            counts["sold"],
            counts["clicks"] if clicked else None,
        )
        for key, counts in sums.items()
    }


def values_of(
    listing: Listing | None, dimensions: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """List the rows that a listing, or none, is counted in."""
    yield ALL, ALL
    for name in dimensions:
        yield name, (listing and getattr(listing, name)) or UNKNOWN
