"""The clean shop of July 2021: tracking agrees with the books, costs with sessions.

What the whole month shows (a busy day, a silent one, a test user, a market in another
currency) is in its plan here; every other defect damages the finished shop afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from sample.raw import (
    ADWORDS_CHANNELS,
    CHANNEL_WEIGHTS,
    OTHER_PAID_CHANNELS,
    Row,
    Sample,
)

COLUMNS: dict[str, tuple[str, ...]] = {
    "session_sources": (
        "session_id",
        "user_id",
        "event_date",
        "event_time",
        "channel_name",
        "campaign_name",
        "campaign_id",
        "market",
        "cpc",
    ),
    "conversions": ("conv_id", "user_id", "conv_date", "market", "revenue"),
    "conversions_backend": ("conv_id", "user_id", "conv_date", "market", "revenue"),
    "api_adwords_costs": ("event_date", "campaign_id", "cost", "clicks"),
    "attribution_customer_journey": ("conv_id", "session_id", "ihc"),
}

FIRST_DAY = date(2021, 7, 1)
LAST_DAY = date(2021, 7, 31)
LAST_BOOKED_DAY = date(2021, 7, 30)
SILENT_DAY = date(2021, 7, 15)
BUSY_DAY = date(2021, 7, 23)
DAYS = tuple(
    day
    for day in (FIRST_DAY + timedelta(offset) for offset in range(31))
    if day != SILENT_DAY
)

CONVERSIONS_BY_WEEKDAY = (17, 17, 16, 17, 17, 12, 18)
SESSIONS_BY_WEEKDAY = (138, 132, 128, 130, 124, 110, 142)
BUSY_FACTOR = Decimal("2.4")
REVENUE_PER_CONVERSION = Decimal(66)
FREE_ORDER_DAYS = (date(2021, 7, 8), date(2021, 7, 20))

MARKET_WEIGHTS = {"GB": 30, "NL": 25, "DE": 20, "FR": 14, "BE": 11}
KRONA_MARKET = "SE"
KRONA_RATE = 10
USER_COUNT = 2_200
BUYER_COUNT = 330
TESTER_ORDER_COUNT = 100
JOURNEY_COUNT = 224
JOURNEY_LENGTH_WEIGHTS = (35, 21, 12, 8, 6, 5, 4, 3, 2, 2, 1, 2)


@dataclass(frozen=True)
class User:
    """Somebody who visits the shop from one market."""

    user_id: str
    market: str


@dataclass(frozen=True)
class Campaign:
    """An AdWords campaign, which runs in one market from its first to its last day."""

    name: str
    campaign_id: str
    channel: str
    market: str
    first_day: date = FIRST_DAY
    last_day: date = LAST_DAY


UNTRACKED_CAMPAIGN = Campaign(
    "FR | Search | Generic",
    "10923847704",
    "Paid Search Non Brand",
    "FR",
    date(2021, 7, 5),
    date(2021, 7, 9),
)
UNBILLED_CAMPAIGN = Campaign(
    "FR | PMax | Launch",
    "13270011908",
    "Performance Max",
    "FR",
    date(2021, 7, 19),
    date(2021, 7, 24),
)
UNPRICED_CAMPAIGN = Campaign(
    "SE | Search | Brand", "1640259915", "Paid Search Brand", "SE"
)
ORDINARY_CAMPAIGNS = (
    Campaign("GB | Search | Brand", "1640259899", "Paid Search Brand", "GB"),
    Campaign("NL | Search | Brand", "1640259902", "Paid Search Brand", "NL"),
    Campaign("DE | Search | Brand", "1640259905", "Paid Search Brand", "DE"),
    Campaign("FR | Search | Brand", "1640259908", "Paid Search Brand", "FR"),
    Campaign("BE | Search | Brand", "1640259911", "Paid Search Brand", "BE"),
    Campaign("GB | Search | Generic", "10923847701", "Paid Search Non Brand", "GB"),
    Campaign("NL | Search | Generic", "10923847702", "Paid Search Non Brand", "NL"),
    Campaign("DE | Search | Generic", "10923847703", "Paid Search Non Brand", "DE"),
    Campaign("GB | PMax | Catalogue", "13270011901", "Performance Max", "GB"),
    Campaign("NL | PMax | Catalogue", "13270011902", "Performance Max", "NL"),
)
CAMPAIGNS = (
    *ORDINARY_CAMPAIGNS,
    UNTRACKED_CAMPAIGN,
    UNBILLED_CAMPAIGN,
    UNPRICED_CAMPAIGN,
)


@dataclass
class Shop(Sample):
    """The raw tables of the shop, and which of its rows no defect has touched yet."""

    rng: Random = field(default_factory=Random)
    numbers: dict[str, Iterator[int]] = field(default_factory=dict)
    users: list[User] = field(default_factory=list)
    tester: User = User("", "")
    untouched_conversions: list[Row] = field(default_factory=list)
    untouched_campaign_days: list[Row] = field(default_factory=list)

    @property
    def sessions(self) -> list[Row]:
        """Rows of session_sources."""
        return self.tables["session_sources"]

    @property
    def tracked(self) -> list[Row]:
        """Rows of conversions."""
        return self.tables["conversions"]

    @property
    def booked(self) -> list[Row]:
        """Rows of conversions_backend."""
        return self.tables["conversions_backend"]

    @property
    def costs(self) -> list[Row]:
        """Rows of api_adwords_costs."""
        return self.tables["api_adwords_costs"]

    @property
    def journeys(self) -> list[Row]:
        """Rows of attribution_customer_journey."""
        return self.tables["attribution_customer_journey"]

    def new_id(self, kind: str) -> str:
        """Give an id that stands nowhere else, such as `session_id_123`."""
        return f"{kind}_id_{next(self.numbers[kind])}"

    def booking_of(self, tracked: Row) -> Row:
        """Find how the backend booked a tracked conversion."""
        return next(row for row in self.booked if row["conv_id"] == tracked["conv_id"])

    def journey_of(self, tracked: Row) -> list[Row]:
        """Find the journey rows of a conversion, first touch first."""
        return [row for row in self.journeys if row["conv_id"] == tracked["conv_id"]]

    def session_of(self, touch: Row) -> Row:
        """Find the session of a journey row."""
        return next(
            row for row in self.sessions if row["session_id"] == touch["session_id"]
        )

    def sessions_of(self, cost: Row) -> list[Row]:
        """Find the sessions of a campaign-day."""
        return [
            row
            for row in self.sessions
            if row["campaign_id"] == cost["campaign_id"]
            and row["event_date"] == cost["event_date"]
        ]

    def neighbour(
        self, row: Row, where: Callable[[str, str], bool] = str.__ne__
    ) -> str:
        """Draw another user of the row's market whose id compares to the row's so."""
        return self.rng.choice(
            [
                user.user_id
                for user in self.users
                if user.market == row["market"] and where(user.user_id, row["user_id"])
            ]
        )

    def take_conversions(
        self, count: int, where: Callable[[Row], bool] = bool
    ) -> list[Row]:
        """Take tracked rows that no defect has touched: each defect has its own."""
        return take(self.untouched_conversions, count, where)

    def take_campaign_days(self, count: int) -> list[Row]:
        """Take cost rows that no defect has touched."""
        return take(self.untouched_campaign_days, count, bool)


def take(pool: list[Row], count: int, where: Callable[[Row], bool]) -> list[Row]:
    """Remove the first `count` rows that fit from the pool and return them."""
    taken = [row for row in pool if where(row)][:count]
    if len(taken) < count:
        raise ValueError(f"only {len(taken)} of {count} rows are left to damage")
    for row in taken:
        pool.remove(row)
    return taken


def wobble(day: date) -> int:
    """Vary a weekday over its weeks, so that its median deviation is never 0."""
    return (0, 2, -1, 1, -2)[(day.day - 1) // 7]


def planned_conversions(day: date) -> int:
    """Say how many conversions count on a day."""
    planned = CONVERSIONS_BY_WEEKDAY[day.weekday()] + wobble(day)
    return int(planned * BUSY_FACTOR) if day == BUSY_DAY else planned


def planned_sessions(day: date) -> int:
    """Say how many sessions a day has."""
    planned = SESSIONS_BY_WEEKDAY[day.weekday()] + 3 * wobble(day)
    return int(planned * BUSY_FACTOR) if day == BUSY_DAY else planned


def planned_revenue(day: date) -> Decimal:
    """Say what the conversions of a day earn, in the property's currency."""
    odd_cents = Decimal(day.day * 37 % 100).scaleb(-2)
    return REVENUE_PER_CONVERSION * planned_conversions(day) + odd_cents


def tester_orders(day: date) -> int:
    """Spread the tester's orders evenly over the days that are booked."""
    if day > LAST_BOOKED_DAY:
        return 0
    place, booked_days = DAYS.index(day), len(DAYS) - 1
    return (
        TESTER_ORDER_COUNT * (place + 1) // booked_days
        - TESTER_ORDER_COUNT * place // booked_days
    )


def balanced(prices: list[Decimal], total: Decimal) -> list[Decimal]:
    """Scale prices until they add up to the total; the dearest takes the odd cents."""
    factor = total / sum(prices)
    scaled = [(price * factor).quantize(Decimal("0.01")) for price in prices]
    dearest = scaled.index(max(scaled))
    scaled[dearest] += total - sum(scaled)
    return scaled


def drawn_price(rng: Random, median: float, spread: float) -> Decimal:
    """Draw a price: most are small, a few are large."""
    return Decimal(round(median * 100 * rng.lognormvariate(0, spread))).scaleb(-2)


def drawn_cpc(rng: Random) -> Decimal:
    """Draw a click price; auctions settle in fractions of a cent."""
    micros = rng.randint(90_000, 1_400_000)
    places = rng.choice((2, 3, 4, 6, 6))
    return Decimal(micros).scaleb(-6).quantize(Decimal(1).scaleb(-places))


def drawn_time(rng: Random) -> str:
    """Draw a time of day; few people shop before six."""
    hour = rng.choice((*range(24), *range(6, 24), *range(17, 23)))
    return f"{hour:02}:{rng.randrange(60):02}:{rng.randrange(60):02}"


def place_orders(shop: Shop, buyers: list[User], krona_buyers: list[User]) -> None:
    """Place the orders of every day, booked as they were tracked."""
    for day in DAYS:
        tests = [shop.tester] * tester_orders(day)
        kronas = shop.rng.sample(krona_buyers, 2 if day == BUSY_DAY else 1)
        others = shop.rng.choices(
            buyers, k=planned_conversions(day) - len(tests) - len(kronas)
        )
        prices = [
            *(drawn_price(shop.rng, 24, 0.2) for _ in tests),
            *(drawn_price(shop.rng, 39 * KRONA_RATE, 0.2) for _ in kronas),
            *(drawn_price(shop.rng, 42, 0.55) for _ in others),
        ]
        if day in FREE_ORDER_DAYS:
            prices[-1] = Decimal(0)
        amounts = balanced(prices, planned_revenue(day))
        for user, amount in zip([*tests, *kronas, *others], amounts, strict=True):
            order = {
                "conv_id": shop.new_id("conv"),
                "user_id": user.user_id,
                "conv_date": day.isoformat(),
                "market": user.market,
                "revenue": str(amount),
            }
            shop.booked.append(order)
            shop.tracked.append(order.copy())


def running_campaign(channel: str, market: str, day: date) -> Campaign | None:
    """Find the campaign that runs on a channel and market that day."""
    for campaign in CAMPAIGNS:
        is_running = campaign.first_day <= day <= campaign.last_day
        if is_running and (campaign.channel, campaign.market) == (channel, market):
            return campaign
    return None


def add_session(shop: Shop, user: User, day: date) -> Row:
    """Let a user visit; an ad channel without a campaign there is organic traffic."""
    weights = CHANNEL_WEIGHTS.values()
    channel = shop.rng.choices(tuple(CHANNEL_WEIGHTS), tuple(weights))[0]
    campaign = running_campaign(channel, user.market, day)
    if campaign is None and channel in ADWORDS_CHANNELS:
        channel = "Organic Traffic"
    is_priced = campaign is not None or (
        channel in OTHER_PAID_CHANNELS and channel != "Affiliate & Partnerships"
    )
    session = {
        "session_id": shop.new_id("session"),
        "user_id": user.user_id,
        "event_date": day.isoformat(),
        "event_time": drawn_time(shop.rng),
        "channel_name": channel,
        "campaign_name": campaign.name if campaign else "",
        "campaign_id": campaign.campaign_id if campaign else "",
        "market": user.market,
        "cpc": str(drawn_cpc(shop.rng)) if is_priced else "",
    }
    shop.sessions.append(session)
    return session


def touch_day(rng: Random, conversion_day: date) -> date:
    """Draw the day of a touch: at most two weeks before, never on the silent day."""
    lag = min(int(rng.expovariate(0.45)), 14)
    day = max(conversion_day - timedelta(lag), FIRST_DAY)
    return day if day != SILENT_DAY else day - timedelta(1)


def drawn_weights(rng: Random, touch_count: int) -> list[float]:
    """Draw weights that sum to 1 up to float noise; one in the middle may be 0."""
    raw = [rng.randint(5, 100) for _ in range(touch_count)]
    if touch_count >= 4:
        raw[touch_count // 2] = 0
    return [weight / sum(raw) for weight in raw]


def add_journeys(shop: Shop) -> None:
    """Give half of the real orders a journey of their user's sessions."""
    orders = [row for row in shop.tracked if row["user_id"] != shop.tester.user_id]
    lengths = range(1, len(JOURNEY_LENGTH_WEIGHTS) + 1)
    for order in shop.rng.sample(orders, JOURNEY_COUNT):
        user = User(order["user_id"], order["market"])
        length = shop.rng.choices(lengths, JOURNEY_LENGTH_WEIGHTS)[0]
        conversion_day = date.fromisoformat(order["conv_date"])
        days = sorted(touch_day(shop.rng, conversion_day) for _ in range(length))
        weights = drawn_weights(shop.rng, length)
        for day, weight in zip(days, weights, strict=True):
            shop.journeys.append(
                {
                    "conv_id": order["conv_id"],
                    "session_id": add_session(shop, user, day)["session_id"],
                    "ihc": repr(weight),
                }
            )


def add_other_sessions(shop: Shop) -> None:
    """Fill every day up to its planned number of sessions."""
    for day in DAYS:
        so_far = sum(row["event_date"] == day.isoformat() for row in shop.sessions)
        for _ in range(planned_sessions(day) - so_far):
            add_session(shop, shop.rng.choice(shop.users), day)


def bill_campaigns(shop: Shop) -> None:
    """Bill each campaign-day exactly what its sessions cost, a click a session."""
    prices: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for row in shop.sessions:
        if row["campaign_id"]:
            campaign_day = (row["event_date"], row["campaign_id"])
            prices[campaign_day].append(Decimal(row["cpc"]))
    for (day, campaign_id), cpcs in sorted(prices.items()):
        shop.costs.append(
            {
                "event_date": day,
                "campaign_id": campaign_id,
                "cost": str(sum(cpcs)),
                "clicks": str(len(cpcs)),
            }
        )


def set_aside_untouched(shop: Shop) -> None:
    """Shuffle the ordinary conversions and campaign-days that defects draw from."""
    shop.untouched_conversions = [
        row
        for row in shop.tracked
        if row["user_id"] != shop.tester.user_id
        and row["market"] != KRONA_MARKET
        and row["conv_date"] <= LAST_BOOKED_DAY.isoformat()
        and Decimal(row["revenue"]) > 0
    ]
    ordinary = {campaign.campaign_id for campaign in ORDINARY_CAMPAIGNS}
    shop.untouched_campaign_days = [
        row
        for row in shop.costs
        if row["campaign_id"] in ordinary and int(row["clicks"]) >= 2
    ]
    shop.rng.shuffle(shop.untouched_conversions)
    shop.rng.shuffle(shop.untouched_campaign_days)


def drawn_users(shop: Shop, count: int) -> list[User]:
    """Draw users; one in fifteen lives in the krona market."""
    weights = {**MARKET_WEIGHTS, KRONA_MARKET: 7}
    markets = shop.rng.choices(tuple(weights), tuple(weights.values()), k=count)
    return [User(shop.new_id("user"), market) for market in markets]


def clean_shop(rng: Random) -> Shop:
    """Open the shop for July 2021, with nothing wrong in any single row."""
    shop = Shop("company_x", {table: [] for table in COLUMNS}, rng=rng)
    shop.numbers = {
        "user": iter(rng.sample(range(1, 1_000_000), 3_000)),
        "conv": iter(rng.sample(range(1, 20_000), 1_000)),
        "session": iter(rng.sample(range(1, 2_000_000), 6_000)),
    }
    shop.users = drawn_users(shop, USER_COUNT)
    shop.tester = User(shop.new_id("user"), "GB")
    buyers = [user for user in shop.users if user.market != KRONA_MARKET]
    krona_buyers = [user for user in shop.users if user.market == KRONA_MARKET]
    place_orders(shop, buyers[:BUYER_COUNT], krona_buyers)
    add_journeys(shop)
    add_other_sessions(shop)
    bill_campaigns(shop)
    set_aside_untouched(shop)
    return shop
