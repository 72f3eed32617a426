"""What the definitions speak of: properties, sessions, orders, conversions, refunds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

ALL = "(all)"
UNKNOWN = "(unknown)"
NO_SESSION = "(no session)"
NO_TOUCH = "(no touchpoint)"

# what one unit of a currency is worth from a day on
Rates = dict[str, dict[date, Decimal]]
Key = tuple[object, ...]
# what a mart must say: the values of each key
Cells = dict[Key, tuple[object, ...]]


@dataclass(frozen=True)
class Property:
    """A shop, as seed properties tells it.

    Attributes:
        rates: the exchange rates that hold for everybody.
        channels: what a source channel is called, and whether it is direct.
    """

    name: str
    time_zone: str = "UTC"
    currency: str = "EUR"
    gross_margin: Decimal = Decimal(1)
    rates: Rates = field(default_factory=dict)
    channels: dict[str, tuple[str, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """A visit: who, when (UTC), on which local day, by which channel."""

    session_id: str
    user_id: str | None
    started_at: datetime
    day: date
    channel: str
    is_direct: bool = False
    campaign_id: str | None = None
    market: str | None = None
    device: str | None = None
    is_bounce: bool | None = None
    seconds: Decimal | None = None
    cost: Decimal | None = None


@dataclass(frozen=True)
class Moment:
    """When something was: its local day, and the time (UTC) where that is known."""

    day: date
    at: datetime | None


@dataclass(frozen=True)
class Order:
    """A conversion as one side says it, tracker or books.

    Attributes:
        revenue: in the currency of the property.
        currency: that of the order.
        cancelled: when it was cancelled, if it was.
    """

    conversion_id: str
    user_id: str | None
    when: Moment
    revenue: Decimal
    market: str | None = None
    currency: str | None = None
    cancelled: Moment | None = None


@dataclass(frozen=True)
class Conversion:
    """A conversion at what counts.

    Attributes:
        converted_at: its time T, in UTC.
        journey_user_id: whose sessions may have led to it.
        device: what the buyer used, where that is known.
        order: the side that counts.
    """

    conversion_id: str
    user_id: str | None
    converted_at: datetime
    day: date
    revenue: Decimal
    is_counted: bool = True
    journey_user_id: str | None = None
    market: str | None = None
    device: str | None = None
    order: Order | None = None

    @property
    def cents(self) -> int:
        """The revenue in whole cents."""
        return int(self.revenue * 100)


@dataclass(frozen=True)
class RefundRow:
    """A refund as it was delivered; the amount in a currency of its own."""

    refund_id: str | None
    conversion_id: str
    when: Moment
    amount: Decimal
    kind: str | None = None
    currency: str | None = None


@dataclass(frozen=True)
class Refund:
    """What was paid back to whom on which day."""

    conversion_id: str | None
    user_id: str | None
    day: date
    amount: Decimal
    kind: str | None = None


@dataclass(frozen=True)
class Bill:
    """What an ad platform billed for a campaign and day, in so many rows."""

    campaign_id: str
    day: date
    cost: Decimal
    clicks: int | None
    row_count: int = 1


@dataclass(frozen=True)
class JourneyRow:
    """A touch as the source's own tool says it."""

    conversion_id: str
    session_id: str
    weight: Decimal | None


@dataclass(frozen=True)
class Listing:
    """Something offered, and how far it came."""

    listing_id: str
    created_at: datetime
    completed_at: datetime | None
    sold_at: datetime | None
    brand: str | None
    category: str | None
