"""A shop whose truth is known: how much revenue each channel causes, in closed form.

The layout is that of 2023, so journeys are built from the sessions of the buyer.

**Exposure.** A user is watched for six weeks. The number of sessions from channel c is
Poisson with mean `exposures`, independent of everything else; each begins at 42 days x
u^`skew` for a uniform u: a skew above 1 opens the six weeks, one below 1 closes them.

**Cause.** Independent causes, the "noisy or" (Pearl, Probabilistic Reasoning in
Intelligent Systems, 1988, section 4.3.2): each session of channel c causes a purchase
with probability `effect`, and a cause that is no channel does with probability
`baseline`. A user buys once if anything caused it: at the earliest of the caused
instants, each a quarter of an hour and an exponential wait (mean two days) after its
session; the baseline's lies anywhere in the six weeks. Revenue is lognormal and
independent of the cause.

**Truth.** Of N sessions, Poisson with mean m, none causes a purchase with probability
E[(1 - effect)^N] = exp(-m effect), the Poisson's generating function, so that with the
channels S switched on

    P(purchase) = 1 - (1 - baseline) exp(-sum over c in S of exposures_c effect_c)
    E[revenue]  = users x P(purchase) x median exp(sigma^2 / 2)

and a channel causes E[revenue] less E[revenue] with it switched off, all else equal.
Two causes of one purchase count for neither channel, as switching one off loses
nothing: the channels' sum is a little less than what they cause together.

**Brand search.** Some of the buyers whom a channel has convinced search for the shop's
name and click on its ad minutes before they buy. The click harvests what another
channel caused: without it they buy all the same, and what it causes is 0.

All that is drawn comes from md5 of the seed, the user and what is drawn, so that the
rows do not depend on threads, and a shop without a channel is the same shop otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from math import exp
from pathlib import Path

import duckdb

from sample.raw import write_csv

FIRST_DAY = date(2023, 1, 2)
FIRST_VISIT_DAYS = 28
WATCHED_DAYS = 42
SHORTEST_WAIT_SECONDS = 900
MEAN_WAIT_SECONDS = 2 * 86_400
BASELINE = "(baseline)"
BRAND_CHANNEL = "Paid Search Brand"
BRAND_SEARCH_SHARE = 0.6
TRUTH_COLUMNS = ("channel", "effect", "true_revenue", "true_share")
UNIFORM_STEPS = 2**32


@dataclass(frozen=True)
class Channel:
    """A channel: mean sessions per user, what one causes, when in the six weeks."""

    name: str
    exposures: float
    effect: float
    skew: float = 1.0


@dataclass(frozen=True)
class Truth:
    """What a channel causes: EUR, and its share of what all channels cause."""

    channel: str
    effect: float
    true_revenue: float
    true_share: float

    def row(self) -> dict[str, str]:
        """Write it down for `truth.csv`."""
        return {
            "channel": self.channel,
            "effect": f"{self.effect:g}",
            "true_revenue": f"{self.true_revenue:.2f}",
            "true_share": f"{self.true_share:.9f}",
        }


CHANNELS = (
    Channel("FB & IG Ads", exposures=0.6, effect=0.050, skew=3.0),
    Channel("Organic Traffic", exposures=0.7, effect=0.020),
    Channel("Paid Search Non Brand", exposures=0.3, effect=0.060),
    Channel("Performance Max", exposures=0.5, effect=0.015),
    Channel("Newsletter & Email", exposures=0.5, effect=0.010, skew=0.4),
    Channel("Affiliate & Partnerships", exposures=0.2, effect=0.010, skew=0.3),
    Channel("Direct Traffic", exposures=0.5, effect=0.0, skew=0.7),
)


@dataclass(frozen=True)
class CausalShop:
    """The set truth of a shop.

    Attributes:
        channels: who sends sessions, and what they cause.
        baseline: probability that a user buys without any channel.
        revenue_median: of a purchase, EUR.
        revenue_sigma: standard deviation of the logarithm of revenue.
        brand_search_share: of the buyers that a channel convinced, how many click on
            the brand's ad just before they buy.
    """

    channels: tuple[Channel, ...] = CHANNELS
    baseline: float = 0.02
    revenue_median: float = 45.0
    revenue_sigma: float = 0.6
    brand_search_share: float = 0.0

    def without(self, name: str) -> CausalShop:
        """Switch a channel off, all else equal; the harvester's clicks are one too."""
        kept = tuple(channel for channel in self.channels if channel.name != name)
        share = 0.0 if name == BRAND_CHANNEL else self.brand_search_share
        return replace(self, channels=kept, brand_search_share=share)

    def purchase_probability(self) -> float:
        """P(purchase) of a user: the formula of the module's docstring."""
        caused = sum(channel.exposures * channel.effect for channel in self.channels)
        return 1 - (1 - self.baseline) * exp(-caused)

    def expected_revenue(self, users: int) -> float:
        """E[revenue] of so many users, EUR; rounding to cents moves nothing."""
        mean = self.revenue_median * exp(self.revenue_sigma**2 / 2)
        return users * self.purchase_probability() * mean

    def truth(self, users: int) -> list[Truth]:
        """Tell what each channel causes among so many users, in closed form."""
        effects = {channel.name: channel.effect for channel in self.channels}
        if self.brand_search_share:
            effects[BRAND_CHANNEL] = 0.0
        revenue = self.expected_revenue(users)
        caused = {
            name: revenue - self.without(name).expected_revenue(users)
            for name in effects
        }
        total = sum(caused.values())
        return [
            Truth(name, effects[name], caused[name], caused[name] / total)
            for name in effects
        ]


def causal_shop(brand_search: bool = False) -> CausalShop:
    """Open the shop that the benchmarks measure."""
    return CausalShop(brand_search_share=BRAND_SEARCH_SHARE if brand_search else 0.0)


def poisson_thresholds(mean: float) -> Iterator[float]:
    """P(N <= 0), P(N <= 1), … of a Poisson, as far as a 32-bit uniform can tell.

    Visit k takes place where the uniform is at least the kth of them.
    """
    probability = below = exp(-mean)
    count = 0
    while below < 1 - 1 / UNIFORM_STEPS:
        yield below
        count += 1
        probability *= mean / count
        below += probability


# one digest holds four uniforms on [0, 1), told apart by `place`
MACROS = f"""
create macro digest(shop_seed, number, what) as
    md5_number(concat_ws('|', shop_seed, number, what));
create macro uniform(draws, place) as
    cast(
        (draws >> cast(32 * place as uhugeint))
        & cast({UNIFORM_STEPS - 1} as uhugeint) as double
    ) / {UNIFORM_STEPS};
create macro new_id(shop_seed, number, what) as
    substr(md5(concat_ws('|', 'id', shop_seed, number, what)), 1, 16);
"""

USERS = f"""
create table users as
with drawn as (
    select
        range as user_number,
        digest($seed, range, 'user') as draws,
        digest($seed, range, 'revenue') as revenue_draws,
        digest($seed, range, 'brand') as brand_draws
    from range($users)
)
select
    user_number,
    new_id($seed, user_number, 'user') as user_id,
    cast(floor(uniform(draws, 0) * {FIRST_VISIT_DAYS * 86_400}) as bigint)
        as first_second,
    uniform(draws, 1) < $baseline as is_baseline_buyer,
    cast(floor(uniform(draws, 2) * {WATCHED_DAYS * 86_400}) as bigint)
        as baseline_second,
    -- Box and Muller's normal
    round($revenue_median * exp(
        $revenue_sigma * sqrt(-2 * ln(1 - uniform(revenue_draws, 0)))
        * cos(2 * pi() * uniform(revenue_draws, 1))
    ), 2) as revenue,
    uniform(brand_draws, 0) < $brand_search_share as is_brand_searcher,
    cast(60 + floor(uniform(brand_draws, 1) * 540) as bigint) as search_seconds
from drawn
"""

VISITS = f"""
create table visits as
with invited as (
    select
        users.user_number,
        channels.*,
        uniform(digest($seed, users.user_number, channels.channel), 0) as drawn_count
    from users
    cross join channels
),
drawn as (
    select
        invited.*,
        thresholds.visit_number,
        digest(
            $seed, invited.user_number, invited.channel || thresholds.visit_number
        ) as draws
    from invited
    inner join thresholds
        on invited.channel = thresholds.channel
        and invited.drawn_count >= thresholds.threshold
)
select
    user_number,
    channel,
    visit_number,
    cast(floor(uniform(draws, 0) ** skew * {WATCHED_DAYS * 86_400}) as bigint)
        as visit_second,
    uniform(draws, 1) < effect as is_cause,
    {SHORTEST_WAIT_SECONDS}
        + cast(floor(-{MEAN_WAIT_SECONDS} * ln(1 - uniform(draws, 2))) as bigint)
        as wait_seconds
from drawn
"""

PURCHASES = f"""
create table purchases as
with causes as (
    select user_number, channel as cause, visit_second + wait_seconds as bought_second
    from visits
    where is_cause
    union all
    select user_number, '{BASELINE}', baseline_second
    from users
    where is_baseline_buyer
)
select *
from causes
qualify row_number() over (
    partition by user_number order by bought_second, cause
) = 1
"""

SESSION_SOURCES = f"""
with opened as (
    select
        user_number,
        channel,
        channel || visit_number as what,
        visit_second as opened_second
    from visits
    union all
    select
        purchases.user_number,
        '{BRAND_CHANNEL}',
        'harvest',
        purchases.bought_second - users.search_seconds
    from purchases
    inner join users on purchases.user_number = users.user_number
    where users.is_brand_searcher and purchases.cause != '{BASELINE}'
),
placed as (
    select
        opened.*,
        users.user_id,
        timestamp '{FIRST_DAY}' + to_seconds(users.first_second + opened.opened_second)
            as opened_at
    from opened
    inner join users on opened.user_number = users.user_number
)
select
    new_id($seed, user_number, what) as session_id,
    user_id,
    strftime(opened_at, '%Y-%m-%d') as event_date,
    strftime(opened_at, '%H:%M:%S') as event_time,
    channel as channel_name,
    '1' as holder_engagement,
    '0' as closer_engagement,
    '0' as impression_interaction
from placed
order by opened_at, session_id
"""

CONVERSIONS = f"""
with placed as (
    select
        users.*,
        timestamp '{FIRST_DAY}'
            + to_seconds(users.first_second + purchases.bought_second) as bought_at
    from purchases
    inner join users on purchases.user_number = users.user_number
)
select
    new_id($seed, user_number, 'purchase') as conv_id,
    user_id,
    strftime(bought_at, '%Y-%m-%d') as conv_date,
    strftime(bought_at, '%H:%M:%S') as conv_time,
    printf('%.2f', revenue) as revenue
from placed
order by bought_at, conv_id
"""


def drawn_shop(shop: CausalShop, users: int, seed: int) -> duckdb.DuckDBPyConnection:
    """Draw users, visits and purchases, as tables of these names in memory."""
    conn = duckdb.connect()
    conn.execute(MACROS)
    conn.execute(
        "create table channels (channel text, exposures double, effect double, "
        "skew double)"
    )
    conn.execute(
        "create table thresholds (channel text, visit_number bigint, threshold double)"
    )
    for channel in shop.channels:
        values = (channel.name, channel.exposures, channel.effect, channel.skew)
        conn.execute("insert into channels values (?, ?, ?, ?)", values)
        thresholds = enumerate(poisson_thresholds(channel.exposures), start=1)
        for number, threshold in thresholds:
            values = (channel.name, number, threshold)
            conn.execute("insert into thresholds values (?, ?, ?)", values)
    drawn = {
        "seed": seed,
        "users": users,
        "baseline": shop.baseline,
        "revenue_median": shop.revenue_median,
        "revenue_sigma": shop.revenue_sigma,
        "brand_search_share": shop.brand_search_share,
    }
    conn.execute(USERS, drawn)
    conn.execute(VISITS, {"seed": seed})
    conn.execute(PURCHASES)
    return conn


def write_causal_shop(
    shop: CausalShop, folder: Path, users: int, seed: int
) -> list[Truth]:
    """Write the raw tables as Parquet, every column text, and `truth.csv` beside them.

    Args:
        shop: what causes what.
        folder: made if need be; what the build reads (`layout: company_x`).
        users: people watched, those who never come included.
        seed: another one gives other people.

    Returns:
        The truth of the expectation over all draws, not of this draw.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"session_sources": SESSION_SOURCES, "conversions": CONVERSIONS}
    with drawn_shop(shop, users, seed) as conn:
        for table, select in tables.items():
            path = str(folder / f"{table}.parquet").replace("'", "''")
            sql = f"copy ({select}) to '{path}' (format parquet)"
            conn.execute(sql, {"seed": seed})
    truth = shop.truth(users)
    write_csv(folder / "truth.csv", TRUTH_COLUMNS, (line.row() for line in truth))
    return truth
