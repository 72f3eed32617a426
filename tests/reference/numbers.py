"""How published numbers are rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

Number = Decimal | Fraction | int


def divided(numerator: int, denominator: int, places: int) -> Decimal:
    """Divide whole numbers exactly, then round half away from 0."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    numerator, denominator = abs(numerator), abs(denominator)
    units = (2 * numerator * 10**places + denominator) // (2 * denominator)
    return Decimal(sign * units).scaleb(-places)


def rounded(number: Fraction, places: int) -> Decimal:
    """Round half away from 0."""
    return divided(number.numerator, number.denominator, places)


def quotient(numerator: Number | None, denominator: Number | None) -> float | None:
    """Divide exactly, then round as ratios are published.

    "Other published numbers are rounded to 9 places", and a ratio is "null where the
    denominator is 0".
    """
    if numerator is None or not denominator:
        return None
    above, below = numerator.as_integer_ratio(), denominator.as_integer_ratio()
    return float(divided(above[0] * below[1], above[1] * below[0], 9))


def running_parts(total: int, weights: list[int]) -> list[int]:
    """Share whole units in proportion to weights, "by running total".

    Each part is the rounded running total less the one before, so they add up.
    """
    parts, so_far, before = [], 0, 0
    for weight in weights:
        so_far += weight
        running = (2 * total * so_far + sum(weights)) // (2 * sum(weights))
        parts.append(running - before)
        before = running
    return parts
