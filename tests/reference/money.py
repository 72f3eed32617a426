"""Amounts in the currency of the property."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from reference.facts import Property
from reference.numbers import rounded

MAX_RATE_AGE = timedelta(days=7)


def rate_of(shop: Property, currency: str, day: date) -> Decimal | None:
    """Find "the rate of its day, or the last one at most 7 days older"."""
    published = shop.rates.get(currency, {})
    known = [at for at in published if at <= day <= at + MAX_RATE_AGE]
    return published[max(known)] if known else None


def exchanged(
    shop: Property, amount: Decimal, currency: str | None, day: date, places: int
) -> Decimal | None:
    """Tell an amount in the property's currency; None where no rate is known.

    "0 needs no rate. In whole numbers, rounded once, half away from 0." Where the
    property's own currency is listed "the rates are those of a third one".
    """
    if currency in (None, shop.currency) or not amount:
        return amount
    rate = rate_of(shop, currency, day)
    own = rate_of(shop, shop.currency, day) if shop.currency in shop.rates else 1
    if rate is None or own is None:
        return None
    return rounded(Fraction(amount) * Fraction(rate) / Fraction(own), places)
