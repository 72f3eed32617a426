"""Values as people read them: thin separators, units, the currency, a dash for null."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from serving.marts import Value

# a space that is narrow and never the end of a line
THIN = "\u202f"
NOTHING = "–"

Kind = Literal[
    "text", "count", "credit", "money", "price", "share", "ratio", "days", "date",
    "month", "time", "flag",
]  # fmt: skip


@dataclass(frozen=True)
class Column:
    """How a column of an answer is called and written."""

    label: str
    kind: Kind

    @property
    def is_number(self) -> bool:
        """Tell whether its values stand right in a table."""
        return self.kind not in {"text", "date", "month", "time", "flag"}


def number(value: float, places: int = 0) -> str:
    """Write a number with thin separators: 33 422.87."""
    text = f"{value:,.{places}f}".replace(",", THIN)
    # no amount is minus nothing
    return text.removeprefix("-") if not text.strip("-0.") else text


def money(value: Value, currency: str | None, places: int = 2) -> str:
    """Write an amount with its currency: 33 422.87 EUR."""
    if value is None:
        return NOTHING
    return number(value, places) + (f"{THIN}{currency}" if currency else "")


def shown(value: Value, kind: Kind, currency: str | None = None) -> str:
    """Write a value of a kind; null is a dash."""
    if value is None:
        return NOTHING
    match kind:
        case "count":
            return number(value)
        case "credit":
            return number(value, 0 if value == int(value) else 1)
        case "money":
            return money(value, currency)
        case "price":
            return money(value, currency, 2 if value >= 1 else 3)
        case "share":
            return f"{number(value * 100, 1)}{THIN}%"
        case "ratio":
            return number(value, 2)
        case "days":
            return f"{number(value, 1)}{THIN}days"
        case "month":
            return f"{value:%Y-%m}"
        case "flag":
            return "yes" if value else "no"
        case _:
            return when(value)


def when(value: Value) -> str:
    """Write a day or a time; anything else as it is."""
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return f"{value:%Y-%m-%d}"
        case _:
            return str(value)


# Columns whose name does not tell how they are written.
COLUMNS = {
    "period": Column("From", "date"),
    "channel": Column("Channel", "text"),
    "market": Column("Market", "text"),
    "device": Column("Device", "text"),
    "attribution_model": Column("Model", "text"),
    "credited_conversions": Column("Orders credited", "credit"),
    "credited_revenue": Column("Revenue credited", "money"),
    "conversion_count": Column("Orders", "count"),
    "order_count": Column("Orders", "credit"),
    "average_order_value": Column("Per order", "money"),
    "revenue_low": Column("Revenue, low", "money"),
    "revenue_high": Column("Revenue, high", "money"),
    "participating_conversions": Column("Orders with it in the path", "count"),
    "model_spread": Column("Models differ by", "share"),
    "cost_coverage": Column("Cost covered", "share"),
    "cpc": Column("Per click (CPC)", "price"),
    "cpo": Column("Per order (CPO)", "money"),
    "cac": Column("Per new buyer (CAC)", "money"),
    "roas": Column("ROAS", "ratio"),
    "romi": Column("ROMI", "share"),
    "cv": Column("Variation", "ratio"),
    "ltv": Column("LTV", "money"),
    "mean_daily": Column("Mean a day", "ratio"),
    "spike_days": Column("Spikes", "count"),
    "missing_days": Column("Days missing", "count"),
    "minutes_mean": Column("Mean minutes", "ratio"),
    "stickiness": Column("Stickiness", "share"),
    "current_spend": Column("Spend a week now", "money"),
    "recommended_spend": Column("Recommended", "money"),
    "spend_change": Column("Change", "money"),
    "marginal_romi": Column("Next unit's ROMI", "share"),
    "marginal_romi_low": Column("ROMI, low", "share"),
    "marginal_romi_high": Column("ROMI, high", "share"),
    "ad_cost": Column("Billed", "money"),
    "session_only_cost": Column("Known by sessions alone", "money"),
    "amount_affected": Column("Amount affected", "ratio"),
    "amount": Column("Amount", "ratio"),
    "lowest_price": Column("Lowest price", "money"),
    "days_to_convert_mean": Column("Days to order", "days"),
    "payback_month": Column("Paid back in month", "count"),
    "observed_months": Column("Months observed", "count"),
    "month_number": Column("Month", "count"),
    "touch_number": Column("Touch", "count"),
    "quantity": Column("Quantity", "count"),
    "clicks": Column("Clicks", "count"),
    "users": Column("Users", "count"),
    "buyers": Column("Buyers", "count"),
    "new_buyers": Column("New buyers", "count"),
    "cohort_users": Column("Users at first", "count"),
    "rows_affected": Column("Rows found", "count"),
    "rows_checked": Column("Rows checked", "count"),
    "quantity_listed": Column("Pieces listed", "count"),
    "quantity_sold": Column("Pieces sold", "count"),
    "quantity_open": Column("Pieces open", "count"),
    "listings_open": Column("Listings open", "count"),
    "raw_row": Column("The row as it came", "text"),
}
# what was counted says itself that it was done
PARTICIPLES = ("ed", "sold", "awaiting", "backend")
KIND_BY_ENDING: dict[str, Kind] = {
    "_count": "count",
    "_users": "count",
    "_revenue": "money",
    "revenue": "money",
    "_cost": "money",
    "cost": "money",
    "_gap": "money",
    "_profit": "money",
    "_rate": "share",
    "_share": "share",
    "_month": "month",
    "_date": "date",
    "_at": "time",
}


def column(name: str) -> Column:
    """Tell how a column is called and written."""
    if name in COLUMNS:
        return COLUMNS[name]
    counted = name.removesuffix("_count")
    label = counted.replace("_", " ").capitalize()
    if counted != name and not counted.endswith(PARTICIPLES):
        label += "es" if label.endswith("ch") else "s"
    if name.startswith(("is_", "has_")):
        return Column(label.removeprefix("Is ").capitalize(), "flag")
    for ending, kind in KIND_BY_ENDING.items():
        if name.endswith(ending):
            return Column(label, kind)
    return Column(label, "text")
