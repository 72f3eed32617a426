"""The budget's definitions in plain numpy: regressions run anew without each week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MIN_WEEKS = 12
# a variance of logarithms: spend, or its ratio to the others', varies by 1 %
LEAST_VARIANCE = 0.0001
RECENT_WEEKS = 4
# two-sided 95 % points of Student's t (Fisher and Yates 1938, table III)
STUDENT_T = {20: 2.0860, 25: 2.0595, 40: 2.0211, 50: 2.0086, 51: 2.0076}


@dataclass(frozen=True)
class Margins:
    """Figures of the channels of a shop, each of shape (channels,); nan is unknown."""

    weeks: np.ndarray
    elasticity: np.ndarray
    romi: np.ndarray
    low: np.ndarray
    high: np.ndarray


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Fit a line by least squares; returns slope and intercept."""
    design = np.column_stack([x, np.ones_like(x)])
    (slope, intercept), *_ = np.linalg.lstsq(design, y, rcond=None)
    return slope, intercept


class Panel:
    """Logarithms of spend and revenue less their channel's mean; nan where absent.

    Attributes:
        x: spend, shape (channels, weeks).
        y: revenue, the same shape.
        x_others: mean of the other witnesses' x of the week, the same shape.
        y_others: mean of the other witnesses' y of the week, the same shape.
    """

    def __init__(self, spend: np.ndarray, revenue: np.ndarray) -> None:
        """Take spend and revenue, EUR, shape (channels, weeks)."""
        has_response = (spend > 0) & (revenue > 0)
        self.weeks = has_response.sum(axis=1)
        self.x = deviations(spend, has_response)
        self.y = deviations(revenue, has_response)
        is_witness = has_response & (self.weeks >= MIN_WEEKS)[:, None]
        self.x_others = others(self.x, is_witness)
        self.y_others = others(self.y, is_witness)
        self.is_compared = has_response & ~np.isnan(self.x_others)

    def contrasts(self, without: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Take what differs from the others, each channel against its own mean.

        Returns:
            spend and revenue of all channels and weeks that are compared, (points,).
        """
        used = self.is_compared.copy()
        if without is not None:
            used[:, without] = False
        pairs = ((self.x, self.x_others), (self.y, self.y_others))
        spend, revenue = (
            np.concatenate(
                [
                    d[u] - d[u].mean()
                    for d, u in zip(own - rest, used, strict=True)
                    if u.any()
                ]
            )
            for own, rest in pairs
        )
        return spend, revenue

    def has_slope(self) -> bool:
        """Tell whether spend is in different ratios, whichever week is left out."""
        weeks = np.flatnonzero(self.is_compared.any(axis=0))
        spends = [self.contrasts(week)[0] for week in weeks]
        return min((x**2).mean() for x in spends) >= LEAST_VARIANCE

    def pooled(self, without: int | None = None) -> float:
        """Fit one slope to all channels, all against the others of the same week."""
        x, y = self.contrasts(without)
        return float((x @ y) / (x @ x))

    def fit(self, channel: int, without: int | None = None) -> tuple[float, np.ndarray]:
        """Fit a channel; returns its slope and what strays from its line, by week."""
        used = self.is_compared[channel].copy()
        if without is not None:
            used[without] = False
        season = self.y_others[channel] - self.pooled(without) * self.x_others[channel]
        x = self.x[channel][used]
        y = (self.y[channel] - season)[used]
        slope, intercept = line(x, y)
        return slope, y - intercept - slope * x


def deviations(amounts: np.ndarray, is_there: np.ndarray) -> np.ndarray:
    """Take logarithms less the mean of each channel; nan where there is nothing."""
    logs = np.log(np.where(is_there, amounts, np.nan))
    return logs - np.nanmean(logs, axis=1, keepdims=True)


def others(values: np.ndarray, is_witness: np.ndarray) -> np.ndarray:
    """Average the witnesses of each week without the channel itself; nan for none."""
    means = np.full_like(values, np.nan)
    for channel, week in np.ndindex(*values.shape):
        heard = [
            values[other, week]
            for other in range(len(values))
            if other != channel and is_witness[other, week]
        ]
        if heard:
            means[channel, week] = np.mean(heard)
    return means


def margins(
    spend: np.ndarray,
    revenue: np.ndarray,
    gross_margin: float,
    calibration: np.ndarray,
    calibration_error: np.ndarray,
) -> Margins:
    """Compute elasticities, marginal ROMI and its interval.

    Args:
        spend: EUR, shape (channels, weeks).
        revenue: EUR, the same shape.
        gross_margin: share of revenue left after the cost of goods.
        calibration: what a credited euro is worth, shape (channels,).
        calibration_error: its standard error, the same shape.
    """
    panel = Panel(spend, revenue)
    counts = panel.is_compared.sum(axis=1)
    size = len(spend)
    slopes, errors, noise = (np.full(size, np.nan) for _ in range(3))
    for channel in range(size):
        if counts[channel] < MIN_WEEKS or not panel.has_slope():
            continue
        slope, strayed = panel.fit(channel)
        weeks = np.flatnonzero(panel.is_compared[channel])
        left_out = np.array([panel.fit(channel, week)[0] for week in weeks])
        n = len(weeks)
        slopes[channel] = slope
        errors[channel] = np.sqrt((n - 1) / n * ((left_out - slope) ** 2).sum())
        noise[channel] = np.sqrt((strayed**2).sum() / (n - 2))
    clipped = slopes.clip(0.05, 0.95)
    weight = counts / (counts + 12)
    known = clipped[~np.isnan(clipped)]
    mean = known.mean() if len(known) else np.nan
    elasticity = weight * clipped + (1 - weight) * mean

    last_spend, last_revenue = spend[:, -RECENT_WEEKS:], revenue[:, -RECENT_WEEKS:]
    per_euro = gross_margin * last_revenue.sum(axis=1) / last_spend.sum(axis=1)
    parts = (last_revenue**2).sum(axis=1) / last_revenue.sum(axis=1) ** 2
    error = per_euro * np.sqrt(
        (calibration * errors) ** 2
        + (calibration * slopes * noise) ** 2 * parts
        + (slopes * calibration_error) ** 2
    )
    student = np.array([STUDENT_T.get(n - 1, np.nan) for n in counts])
    returns = elasticity * calibration * per_euro
    observed = slopes * calibration * per_euro
    low = np.minimum(returns, observed - student * error).clip(0)
    high = np.maximum(returns, observed + student * error)
    return Margins(panel.weeks, elasticity, returns - 1, low - 1, high - 1)
