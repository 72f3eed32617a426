"""A property from its raw rows to what every mart must say of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from reference import (
    attribution,
    conversions,
    costs,
    customers,
    journeys,
    markov,
    reading,
    refunds,
)
from reference.attribution import Credit, Rule
from reference.facts import Bill, Cells, Conversion, Listing, Property, Refund, Session
from reference.journeys import Touch
from reference.numbers import rounded
from reference.reading import Row

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Shop:
    """A property and its raw tables; one that is not there is not in `tables`.

    Attributes:
        own_rules: the user's own attribution models, by name.
    """

    about: Property
    tables: Mapping[str, list[Row]]
    own_rules: Mapping[str, Rule]

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table; "an absent table is an empty one"."""
        return self.tables.get(table, [])

    # --- facts ------------------------------------------------------------------------

    @cached_property
    def sessions(self) -> list[Session]:
        """Who came."""
        return reading.sessions(self.about, self.rows("sessions"))

    @cached_property
    def sides(self) -> conversions.Sides:
        """What tracker and books say."""
        read = {
            table: reading.orders(self.about, self.tables[table])
            for table in ("conversions", "backend_conversions")
            if table in self.tables
        }
        return conversions.sides(
            read.get("conversions"), read.get("backend_conversions")
        )

    @cached_property
    def conversions(self) -> list[Conversion]:
        """What was bought, at what counts."""
        settled = conversions.settled(self.about, self.sides)
        return conversions.with_devices(settled, self.sessions)

    @cached_property
    def refunds(self) -> list[Refund]:
        """What was paid back."""
        rows = reading.refunds(self.about, self.rows("refunds"))
        return refunds.paid_back(self.about, self.conversions, rows)

    @cached_property
    def bills(self) -> list[Bill]:
        """What was billed."""
        return reading.bills(self.about, self.rows("ad_costs"))

    @cached_property
    def listings(self) -> list[Listing]:
        """What is offered."""
        return reading.listings(self.about, self.rows("listings"))

    @cached_property
    def journeys(self) -> journeys.Journeys:
        """Which sessions led to what: provided "with a journey table"."""
        if "journeys" in self.tables:
            rows = reading.journeys(self.rows("journeys"))
            return journeys.provided(self.conversions, self.sessions, rows)
        return journeys.from_sessions(self.conversions, self.sessions)

    # --- attribution ------------------------------------------------------------------

    @cached_property
    def removal_effects(self) -> dict[str, Decimal]:
        """What is lost without each channel, to 12 places as it is published."""
        converting = [
            [touch.channel for touch in self.journeys[one.conversion_id]]
            for one in self.conversions
            if one.is_counted and self.journeys[one.conversion_id]
        ]
        others = journeys.unconverted_paths(self.conversions, self.sessions)
        effects = markov.removal_effects(converting, others)
        return {channel: rounded(effect, 12) for channel, effect in effects.items()}

    @cached_property
    def rules(self) -> dict[str, Rule]:
        """The models; `provided` "exists only where journeys are provided"."""

        def by_removal_effect(touches: list[Touch]) -> list[Fraction]:
            return markov.weights(touches, self.removal_effects)

        rules: dict[str, Rule] = dict(attribution.MODELS)
        rules["markov"] = by_removal_effect
        rules |= self.own_rules
        if "journeys" not in self.tables:
            del rules["provided"]
        return rules

    @cached_property
    def credits(self) -> dict[str, list[Credit]]:
        """What every touch earned, under each model."""
        return {
            model: attribution.credited(self.conversions, self.journeys, rule)
            for model, rule in self.rules.items()
        }

    # --- costs and customers ----------------------------------------------------------

    @cached_property
    def campaign_days(self) -> costs.CampaignDays:
        """Bills and sessions; "a property without a cost table has no row"."""
        if "ad_costs" not in self.tables:
            return {}
        return costs.campaign_days(self.sessions, self.bills)

    @cached_property
    def channel_costs(
        self,
    ) -> dict[tuple[date, str], tuple[Decimal, Decimal, int, int]]:
        """What each channel cost a day."""
        return costs.channel_costs(self.sessions, self.bills)

    def performance(self, model: str, date_basis: str) -> Cells:
        """Judge each channel by one model on one date."""
        earned: dict[tuple[date, str], tuple[Decimal, Decimal]] = defaultdict(
            lambda: (Decimal(0), Decimal(0))
        )
        credited = attribution.by_day(self.credits[model], date_basis)
        for (day, channel, _), (count, cents) in credited.items():
            before = earned[day, channel]
            earned[day, channel] = before[0] + count, before[1] + cents * CENT
        return costs.performance(self.channel_costs, earned, self.about.gross_margin)

    @cached_property
    def customers(self) -> customers.Facts:
        """What the customer marts start from."""
        priced = [one.day for one in self.sessions if one.cost is not None]
        days = [*priced, *(bill.day for bill in self.bills)]
        return customers.Facts(
            self.sessions,
            self.conversions,
            self.refunds,
            {key: row[0] + row[1] for key, row in self.channel_costs.items()},
            max(days, default=None),
            self.about.gross_margin,
        )
