"""Decide which table and column is which of the input contract.

A table that has the names of the contract is taken as it is. Of others names count, and
so does what is in a column: whether its values are unique, which other column has the
same values, whether they are days, amounts or known channels. Where neither decides,
the proposal has a question instead of an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from inspection.profiling import (
    NUMBERED_FLAGS,
    Column,
    amount_sql,
    instant_sql,
    profiled,
    swapped,
)
from inspection.reading import Look, Table
from inspection.vocabulary import (
    Wanted,
    WantedTable,
    likeness,
    wanted_tables,
    word_list,
    words_of,
)
from raw_data import quoted_name
from raw_data.declared import (
    DEFAULT_LAYOUT,
    Layouts,
    RawTable,
    plain_table,
)

# a name this like, or values this telling, are enough for an optional column
LIKE = 0.33
TELLING = 0.6
# a name this like is a known one, without other words
ALIKE = 0.7
# a table is a role's if its required columns and its name reach this
ENOUGH = 1.3
# a key repeats in fewer rows than the rest of this
KEYED = 0.85
# two roles closer than this are a question
MARGIN = 0.1
# further apart than this there is no doubt
SURE = 0.5
SILENCE_MINUTES = 30
# columns that only the exports of these have, however many others are left out
SIGNS = {
    "ga4": {"event_timestamp", "event_name", "user_pseudo_id"},
    "shopify": {"name", "financial_status", "total"},
}
FEW = 40
ORDERS = ("conversions", "backend_conversions")


@dataclass
class Seen:
    """A table and what its columns hold.

    `is_named` is whether it and its required columns are called as in the contract.
    """

    table: Table
    columns: list[Column]
    is_named: bool = False

    @property
    def name(self) -> str:
        """The name that var `raw` calls it by."""
        return self.table.name

    @property
    def words(self) -> list[str]:
        """The words of its name."""
        return words_of(plain_table(self.name))

    def column(self, name: str) -> Column:
        """Find a column."""
        return next(column for column in self.columns if column.name == name)


@dataclass
class Match:
    """A table as a table of the contract: which column is which, and how surely."""

    seen: Seen
    role: str
    columns: dict[str, Column]
    score: float


@dataclass
class Proposal:
    """What a place holds.

    `matches` are the tables of the contract, by name; `known` those of other layouts,
    by layout and table; `unread` the rest, with the reason. `questions` are what only
    the owner knows, a line each.
    """

    look: Look
    tables: list[Seen]
    matches: dict[str, Match] = field(default_factory=dict)
    known: dict[str, dict[str, Seen]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    @property
    def is_naive(self) -> bool:
        """Whether a time is told without saying on which clock."""
        return any(
            column.is_naive
            for m in self.matches.values()
            for column in m.columns.values()
        )

    @property
    def has_instants(self) -> bool:
        """Whether a time says itself when it was, so that only its day is open."""
        return bool(self.exports) or any(
            column.shape == "time" and not column.is_day and not column.is_naive
            for m in self.matches.values()
            for column in m.columns.values()
        )

    @property
    def exports(self) -> list[Seen]:
        """The tables of tools that any shop may have."""
        return [
            seen
            for layout in self.known
            if layout in SIGNS
            for seen in self.known[layout].values()
        ]

    @property
    def currencies(self) -> list[tuple[Seen, Column]]:
        """The columns that name the currency of each row, of exported orders first."""
        exported = [
            (seen, column)
            for seen in self.exports
            for column in seen.columns
            if column.name == "currency" and column.filled
        ]
        matched = [
            (m.seen, m.columns["currency"])
            for m in self.matches.values()
            if "currency" in m.columns
        ]
        return exported + matched


@dataclass
class Answers:
    """What the owner has answered: `booked` is a table, `dates` is `d/m` or `m/d`."""

    booked: str | None = None
    dates: str | None = None


def proposed(
    conn: duckdb.DuckDBPyConnection,
    look: Look,
    layouts: Layouts,
    answers: Answers | None = None,
) -> Proposal:
    """Propose how to read a place."""
    answers = answers or Answers()
    tables = [Seen(table, profiled(conn, table)) for table in look.tables]
    for seen in tables:
        seen.is_named = has_names(seen, layouts[DEFAULT_LAYOUT])
    proposal = Proposal(look, tables)
    left = []
    for seen in tables:
        if not seen.table.row_count:
            proposal.unread[seen.name] = "it has no rows"
        elif found := known_table(seen, layouts, proposal.known):
            layout, name = found
            first = proposal.known.setdefault(layout, {}).setdefault(name, seen)
            if first is not seen:
                proposal.unread[seen.name] = (
                    f"it is {name} of layout {layout} as {first.name} is, and may be "
                    "a place of its own beside it, or the same again"
                )
        else:
            left.append(seen)
    settle_dates(conn, left, proposal, answers)
    Matching(conn, left, proposal, answers).run()
    return proposal


# --- layouts that are known ----------------------------------------------------------


def known_table(
    seen: Seen, layouts: Layouts, taken: dict[str, dict[str, Seen]]
) -> tuple[str, str] | None:
    """Tell whether a table is one of a layout other than the contract.

    One that another has taken is told only where no other of its layout is left.
    """
    columns = {column.name for column in seen.columns}
    name = plain_table(seen.name)
    if seen.is_named:
        return None
    scores = {
        (layout, table.name): score
        for layout, tables in layouts.items()
        if layout != DEFAULT_LAYOUT
        for table in tables.values()
        if (score := sameness(table, name, columns))
    }
    if not scores:
        return None
    likeliest = max(scores, key=scores.__getitem__)
    free = [
        (layout, table)
        for layout, table in scores
        if layout == likeliest[0] and table not in taken.get(layout, {})
    ]
    return max(free, key=scores.__getitem__, default=likeliest)


def campaigns_of(conn: duckdb.DuckDBPyConnection, events: Seen) -> list[str]:
    """List the campaigns that events of GA4 name, as the build reads them."""
    parts = {
        "collected_traffic_source": "json_extract_string(try_cast("
        "collected_traffic_source as json), '$.manual_campaign_name')",
        "session_traffic_source_last_click": "json_extract_string(try_cast("
        "session_traffic_source_last_click as json), "
        "'$.manual_campaign.campaign_name')",
        "event_params": "list_extract(list_filter(try(from_json(try_cast(event_params "
        'as json), \'[{"key": "VARCHAR", "value": {"string_value": "VARCHAR"}}]\')), '
        "lambda parameter: parameter['key'] = 'campaign'), 1)"
        "['value']['string_value']",
    }
    selected = [
        f"select {sql} as campaign from {events.table.stored}"
        for column, sql in parts.items()
        if column in events.table.columns
    ]
    rows = conn.execute(
        f"select distinct trim(campaign) from ({' union all '.join(selected)}) "
        # (organic) and (not set) are none
        "where trim(campaign) != '' and campaign not like '(%' order by 1"
    ).fetchall()
    return [name for (name,) in rows]


def has_names(seen: Seen, contract: dict[str, RawTable]) -> bool:
    """Tell whether a table and its required columns are called as in the contract."""
    table = contract.get(plain_table(seen.name))
    return bool(table) and table.required <= {column.name for column in seen.columns}


def sameness(table: RawTable, name: str, columns: set[str]) -> float:
    """Say how much a table is one that a layout declares; 0 for not at all."""
    shared = columns & set(table.columns)
    is_named = name == table.name
    if not table.required or not table.required <= columns:
        return 0.0
    covered = len(shared) / len(table.columns)
    enough = 2 if is_named else 3
    is_signed = bool(SIGNS.get(table.layout)) and SIGNS[table.layout] <= columns
    if len(shared) < enough or covered < (0.5 if is_named else 0.7):
        return 1.0 * is_signed
    return covered + is_named + is_signed


# --- dates that may be read two ways -------------------------------------------------


def settle_dates(
    conn: duckdb.DuckDBPyConnection,
    tables: list[Seen],
    proposal: Proposal,
    answers: Answers,
) -> None:
    """Settle whether day or month comes first where a column cannot tell.

    The others of its table tell, then those of the place, then which reading falls
    into the days of the place.
    """
    for seen in tables:
        for column in seen.columns:
            if column.question != "day or month first":
                continue
            others = [seen, *(other for other in tables if other is not seen)]
            certain = [
                c.notation
                for other in others
                for c in other.columns
                if c.notation
                and c.question is None
                and c.notation[:2] in ("%d", "%m")
                and c.notation[2:3] == (column.notation or "")[2:3]
            ]
            order = {"d/m": "%d", "m/d": "%m"}.get(answers.dates or "")
            order = order or (certain[0][:2] if certain else None)
            order = order or in_range(conn, tables, seen, column)
            if order is None:
                proposal.questions.append(
                    f"{seen.name}.{column.name}: are days or months first in "
                    f"{', '.join(column.examples)}? No number is above 12. Say "
                    "DATES=d/m or DATES=m/d"
                )
                continue
            column.question = None
            if order == "%m" and column.notation:
                column.notation = swapped(column.notation)


def in_range(
    conn: duckdb.DuckDBPyConnection, tables: list[Seen], seen: Seen, column: Column
) -> str | None:
    """Tell by the days of the other tables which reading of a date is meant."""
    spans = []
    for other in tables:
        for one in other.columns:
            if one.shape == "time" and one.question is None and one is not column:
                time = instant_sql(one)
                spans += conn.execute(
                    f"select quantile_disc({time}, 0.01), quantile_disc({time}, 0.99) "
                    f"from {other.table.stored}"
                ).fetchall()
    spans = [(low, high) for low, high in spans if low is not None]
    if not spans:
        return None
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    shares = {}
    for order, notation in (
        ("%d", column.notation or ""),
        ("%m", swapped(column.notation or "")),
    ):
        time = instant_sql(column, notation)
        ((shares[order],),) = conn.execute(
            f"select count(*) filter ({time} between ?::timestamp - interval 3 day and "
            f"?::timestamp + interval 3 day) / count(*) from {seen.table.stored}",
            [low, high],
        ).fetchall()
    best, other = sorted(shares, key=lambda order: -shares[order])
    return best if shares[best] > 0.95 and shares[other] < 0.8 else None


# --- tables of the contract ----------------------------------------------------------


class Matching:
    """The search for the tables of the contract among those of a place."""

    def __init__(
        self,
        conn: duckdb.DuckDBPyConnection,
        tables: list[Seen],
        proposal: Proposal,
        answers: Answers,
    ) -> None:
        """Keep what is looked at."""
        self.conn = conn
        self.tables = tables
        self.proposal = proposal
        self.answers = answers
        self.overlaps: dict[tuple[str, str, str, str], float] = {}
        events = proposal.known.get("ga4", {}).get("events")
        self.campaigns = campaigns_of(conn, events) if events else []

    def run(self) -> None:
        """Fill the proposal: first what stands alone, then what refers to it."""
        left = self.named(self.tables)
        left = self.assigned(
            left, ["sessions", "page_views", "conversions", "ad_costs", "listings"]
        )
        left = self.assigned(left, ["journeys", "refunds", "listing_events"])
        left = self.second_orders(left)
        # what the others are now tells more of each
        for name, match in list(self.proposal.matches.items()):
            again = self.matched(match.seen, wanted_tables()[match.role])
            self.proposal.matches[name] = again or match
        self.order_sides()
        self.one_who_came()
        self.ask_for_strangers()
        self.ask_for_campaigns()
        read = [match.seen for match in self.proposal.matches.values()]
        for seen in left:
            reason = why_part_unread(seen, read) or why_unread(seen)
            self.proposal.unread.setdefault(seen.name, reason)

    def named(self, tables: list[Seen]) -> list[Seen]:
        """Take the tables that have the names of the contract; returns those left."""
        left = list(tables)
        named = {plain_table(seen.name): seen for seen in tables if seen.is_named}
        for name in (*wanted_tables(), "backend_conversions"):
            match = name in named and self.matched(named[name], wanted_table(name))
            if match:
                self.proposal.matches[name] = match
                left.remove(match.seen)
        return left

    def assigned(self, tables: list[Seen], roles: list[str]) -> list[Seen]:
        """Give each role the table that is most like it; returns the tables left."""
        left = list(tables)
        options = []
        if "backend_conversions" in self.proposal.matches:
            # what the tracker saw is then a second table of the same orders
            roles = [role for role in roles if role != "conversions"]
        for seen in tables:
            for role in roles:
                match = self.matched(seen, wanted_tables()[role])
                if match and match.score >= ENOUGH:
                    options.append(match)
        for match in sorted(options, key=lambda m: -m.score):
            first = self.proposal.matches.get(match.role)
            if match.seen not in left:
                continue
            if first and match.role == "ad_costs" and is_surely(match, options):
                self.proposal.unread[match.seen.name] = (
                    f"it is ad_costs as {first.seen.name} is, and may be a place of "
                    "its own beside it: docs/recipes.md, costs of several ad platforms"
                )
                left.remove(match.seen)
            if first:
                continue
            # what may rather be a refund or a journey is left for the next round
            if match.role == "conversions" and self.is_rather_later(match.seen):
                continue
            rivals = [
                other
                for other in options
                if other.seen is match.seen
                and other.role != match.role
                and other.role not in self.proposal.matches
                and match.score - other.score < MARGIN
            ]
            if rivals:
                self.proposal.questions.append(
                    f"is {match.seen.name} {match.role} or {rivals[0].role}? It is "
                    f"taken for {match.role}; else say so with `tables` in var raw"
                )
            self.proposal.matches[match.role] = match
            left.remove(match.seen)
        return left

    def is_rather_later(self, seen: Seen) -> bool:
        """Tell whether a table is a refund's or journey's by its name."""
        words = set(seen.words)
        return (
            any(words & wanted_tables()[role].words for role in ("refunds", "journeys"))
            and not words & wanted_tables()["conversions"].words
        )

    def matched(self, seen: Seen, wanted: WantedTable) -> Match | None:
        """Match the columns of a table with those of a role; null if one is missing.

        The columns of a table that has the names of the contract are what they are
        called, whatever they hold; only what it lacks is sought among the others.
        """
        names = {target.name for target in wanted.columns} if seen.is_named else set()
        chosen: dict[str, tuple[float, Column]] = {
            column.name: (1.0, column)
            for column in seen.columns
            if column.name in names
        }
        used = set(chosen)
        pairs = []
        for target in wanted.columns:
            for column in seen.columns:
                if target.name in chosen or column.name in used:
                    continue
                fit = self.fit(seen, column, target)
                if fit is None:
                    continue
                like = likeness(column.header, target)
                if target.kind == "key":
                    like = max(like, own_key(seen, column))
                is_enough = (
                    target.is_required
                    or like >= LIKE
                    or (like > 0.15 and fit >= 0.5)
                    or fit >= TELLING
                )
                if is_enough:
                    bonus = 0.2 if target.is_required else 0.0
                    pairs.append((1.2 * like + fit + bonus, target, column))
        for score, target, column in sorted(
            pairs, key=lambda pair: (-pair[0], seen.columns.index(pair[2]))
        ):
            if target.name not in chosen and column.name not in used:
                chosen[target.name] = (score, column)
                used.add(column.name)
        if any(name not in chosen for name in wanted.required):
            return None
        needed = [chosen[name][0] for name in wanted.required]
        extra = sum(
            0.12 * min(1.0, chosen[target.name][0])
            for target in wanted.columns
            if target.name in chosen and not target.is_required
        )
        columns = {name: column for name, (_, column) in chosen.items()}
        score = sum(needed) / len(needed) + min(extra, 0.8)
        score += self.table_evidence(seen, wanted, columns)
        return Match(seen, wanted.name, columns, score)

    @property
    def orders(self) -> Match | None:
        """The orders that others refer to: those tracked, else those booked."""
        matches = self.proposal.matches
        return matches.get("conversions") or matches.get("backend_conversions")

    # --- columns ---------------------------------------------------------------------

    def fit(self, seen: Seen, column: Column, target: Wanted) -> float | None:
        """Say how well a column's values are what is wanted; null if not at all."""
        if column.shape == "empty":
            return 0.0 if likeness(column.header, target) > 0.9 else None
        if target.is_required and column.null_share > 0.1:
            return None
        kinds = {
            "key": self.key_fit,
            "reference": self.reference_fit,
            "user": self.user_fit,
            "campaign": self.campaign_fit,
            "time": time_fit,
            "day": day_fit,
            "amount": amount_fit,
            "count": count_fit,
            "share": share_fit,
            "flag": flag_fit,
            "url": url_fit,
            "referrer": url_fit,
            "agent": agent_fit,
            "label": label_fit,
        }
        return kinds[target.kind](seen, column, target)

    def key_fit(self, seen: Seen, column: Column, target: Wanted) -> float | None:
        """Demand that a key is unique; one that other tables refer to is likelier."""
        if not is_identifier(column) or column.uniqueness < KEYED or column.is_email:
            return None
        if column.null_share > 0.05:
            return None
        worth = 0.5 + 0.2 * column.is_unique - 0.2 * column.is_dense
        worth -= 0.5 * is_named_otherwise(column, target)
        return worth + 0.3 * self.best_overlap(seen, column)

    def reference_fit(self, seen: Seen, column: Column, target: Wanted) -> float | None:
        """Demand the values of the key that is referred to."""
        if not may_refer(column, target):
            return None
        role, _, name = (target.refers_to or "").partition(".")
        matches = self.proposal.matches
        match = self.orders if role == "conversions" else matches.get(role)
        if not match:
            return 0.1
        key = match.columns[name]
        if (
            key.is_dense
            and column.shape == "number"
            and (likeness(column.header, target) < LIKE)
        ):
            return None  # numbers from 1 are in every table
        overlap = self.contained(seen, column, match.seen, key)
        return overlap if overlap > 0.3 else None

    def user_fit(self, seen: Seen, column: Column, target: Wanted) -> float | None:
        """Look for values that come again, and in other tables too."""
        if not may_refer(column, target):
            return None
        if column.shape == "number" and column.notation:
            return None
        overlap = self.best_overlap(seen, column, repeated=True)
        if column.distinct <= FEW and column.filled > 10 * column.distinct:
            return 0.1 if overlap < 0.5 else 0.3
        return 0.25 + 0.6 * overlap

    def campaign_fit(self, seen: Seen, column: Column, target: Wanted) -> float | None:
        """Look for few values that other tables have too."""
        if column.uniqueness > 0.9 and column.filled > 20:
            return None
        # what costs know is the id, though it be called a campaign alone
        campaign = wanted("sessions", "campaign")
        if not (may_refer(column, target) or may_refer(column, campaign)):
            return None
        costs = self.proposal.matches.get("ad_costs")
        if costs is None or costs.seen is seen:
            if share := self.campaign_share(seen, column):
                return 0.1 + 0.8 * share
            return 0.2 + 0.35 * self.best_overlap(seen, column, few=True)
        spent = costs.columns["campaign_id"]
        overlap = self.overlap(seen, column, costs.seen, spent)
        if target.name == "campaign_id":
            return 0.1 + 0.8 * overlap
        # of name and id of a campaign the one that costs know is the id
        return 0.1 if overlap < 0.5 else None

    def campaign_share(self, seen: Seen, column: Column) -> float:
        """Say which part of a column's values, or of GA4's campaigns, the other has."""
        name = quoted_name(column.name)
        ((shared, own),) = self.conn.execute(
            f"select count(distinct {name}) filter (list_contains(?, {name})), "
            f"count(distinct {name}) from {seen.table.stored}",
            [self.campaigns],
        ).fetchall()
        return shared / max(1, min(own, len(self.campaigns)))

    def best_overlap(
        self,
        seen: Seen,
        column: Column,
        repeated: bool = False,
        few: bool = False,
    ) -> float:
        """Find the column of another table that has most of the same values.

        Args:
            seen: the table of the column.
            column: the column.
            repeated: whether only columns count whose values come again, but are many.
            few: whether only columns count that have few values.
        """
        best = 0.0
        for other in self.tables:
            if other is seen:
                continue
            for one in other.columns:
                is_few = one.uniqueness < 0.3 and one.distinct <= max(
                    FEW, one.rows / 20
                )
                if not is_identifier(one) or one.distinct < 3:
                    continue
                if few and not is_few:
                    continue
                if repeated and (is_few or (one.is_unique and one.distinct > 50)):
                    continue
                if not repeated and not few and one.is_dense and column.is_dense:
                    continue
                best = max(best, self.overlap(seen, column, other, one))
        return best

    def overlap(self, seen: Seen, column: Column, other: Seen, one: Column) -> float:
        """Say which part of the smaller column's values the larger has too."""
        if column.is_dense and one.is_dense and max(column.distinct, one.distinct) > 2:
            weight = 0.3  # numbers from 1 are in every table
        else:
            weight = 1.0
        return weight * max(
            self.contained(seen, column, other, one),
            self.contained(other, one, seen, column),
        )

    def contained(self, seen: Seen, column: Column, other: Seen, one: Column) -> float:
        """Say which part of a column's different values another column has."""
        key = (seen.table.stored, column.name, other.table.stored, one.name)
        if key not in self.overlaps:
            own, its = quoted_name(column.name), quoted_name(one.name)
            ((self.overlaps[key],),) = self.conn.execute(
                f"with own as (select distinct {own} as value from {key[0]} "
                f"where {own} is not null) "
                f"select count(*) filter (value in (select {its} from {key[2]})) "
                "/ greatest(count(*), 1) from own"
            ).fetchall()
        return self.overlaps[key]

    # --- tables ----------------------------------------------------------------------

    def table_evidence(
        self, seen: Seen, wanted: WantedTable, columns: dict[str, Column]
    ) -> float:
        """Say what the name of a table and its shape add to what its columns say."""
        words = set(seen.words)
        worth = 0.7 if words & wanted.words else 0.0
        if plain_table(seen.name) in (wanted.name, f"backend_{wanted.name}"):
            worth += 1.0
        return worth + getattr(self, f"{wanted.name}_evidence")(seen, columns)

    def sessions_evidence(self, seen: Seen, columns: dict[str, Column]) -> float:
        """Sessions come from somewhere and bring no money of their own."""
        worth = 0.0
        told = {"channel", "source", "medium", "landing_url", "referrer", "user_agent"}
        worth += 0.4 if told & set(columns) else -0.2
        worth += 0.2 if "user_id" in columns else -0.2
        if has_revenue(seen, columns):
            worth -= 0.6
        if self.is_paged(seen, columns.get("user_id"), columns["started_at"]):
            worth -= 0.5
        return worth

    def page_views_evidence(self, seen: Seen, columns: dict[str, Column]) -> float:
        """Page views follow one another within minutes, and have a page."""
        worth = 0.3 if "page_url" in columns else -0.9
        # the things of one order follow one another, too
        worth -= 1.0 if is_called_orders(seen) else 0.0
        visitor = columns["visitor_id"]
        worth -= 0.6 if visitor.uniqueness > 0.8 else 0.0
        is_paged = self.is_paged(seen, visitor, columns["viewed_at"])
        return worth + (0.5 if is_paged else -0.5)

    def is_paged(self, seen: Seen, visitor: Column | None, time: Column) -> bool:
        """Tell whether rows of a visitor follow one another within half an hour."""
        if visitor is None:
            return False
        at = instant_sql(time)
        ((share,),) = self.conn.execute(
            f"with rows as (select {quoted_name(visitor.name)} as who, {at} as moment "
            f"from {seen.table.stored} where {quoted_name(visitor.name)} is not null), "
            "gaps as (select moment - lag(moment) over (partition by who order by "
            "moment) as gap from rows) select count(*) filter (gap < interval "
            f"{SILENCE_MINUTES} minute) / greatest(count(*), 1) from gaps"
        ).fetchall()
        return share > 0.4

    def conversions_evidence(self, seen: Seen, columns: dict[str, Column]) -> float:
        """Conversions bring money."""
        worth = 0.5 if "revenue" in columns else -0.5
        if any("channel" in c.lexicons for c in seen.columns):
            worth -= 0.1
        return worth

    def ad_costs_evidence(self, seen: Seen, columns: dict[str, Column]) -> float:
        """Costs come by campaign and day, and have no key of their own."""
        day, campaign = columns["cost_date"], columns["campaign_id"]
        ((pairs, rows),) = self.conn.execute(
            f"select count(distinct ({quoted_name(day.name)}, "
            f"{quoted_name(campaign.name)})), count(*) from {seen.table.stored}"
        ).fetchall()
        worth = 0.3 if pairs > 0.9 * rows and campaign.uniqueness < 0.5 else -0.2
        keys = [c for c in seen.columns if is_identifier(c) and c.is_unique]
        worth -= 0.4 if keys and any(not c.is_dense for c in keys) else 0.0
        worth -= 0.0 if day.is_day else 0.5
        return worth + (0.3 if "clicks" in columns else 0.0)

    def journeys_evidence(self, seen: Seen, columns: dict[str, Column]) -> float:
        """Journeys have both references, and little else."""
        is_sure = all(
            role in self.proposal.matches for role in ("sessions", "conversions")
        )
        return (0.6 if is_sure else -0.4) + (0.2 if "weight" in columns else 0.0)

    def refunds_evidence(self, seen: Seen, columns: dict[str, Column]) -> float:
        """Refunds are of orders, fewer than these, later and no larger."""
        orders = self.orders
        # orders may say beside what they brought what was paid back
        named = not is_called_orders(seen) and (
            bool(set(seen.words) & wanted_tables()["refunds"].words)
            or any(
                set(words_of(c.header)) & wanted_tables()["refunds"].words
                for c in seen.columns
            )
        )
        if not orders:
            return 0.3 if named else -1.0
        key, reference = orders.columns["conversion_id"], columns["conversion_id"]
        share = self.contained(orders.seen, key, seen, reference)
        is_fewer = share < 0.5
        if named:
            return 0.6
        if not is_fewer:
            return -1.0
        return 0.4 if self.is_later(seen, columns, orders) else -0.6

    def is_later(self, seen: Seen, columns: dict[str, Column], orders: Match) -> bool:
        """Tell whether most rows are after the orders that they refer to."""
        order, refund = (
            quoted_name(side["conversion_id"].name)
            for side in (orders.columns, columns)
        )
        ordered = instant_sql(orders.columns["converted_at"])
        refunded = instant_sql(columns["refunded_at"])
        ((share,),) = self.conn.execute(
            f"with orders as (select {order} as id, min({ordered}) as at "
            f"from {orders.seen.table.stored} group by {order}), "
            f"own as (select {refund} as id, {refunded} as at "
            f"from {seen.table.stored}) "
            "select count(*) filter (own.at > orders.at + interval 12 hour) / "
            "greatest(count(*), 1) from own inner join orders on own.id = orders.id"
        ).fetchall()
        return share > 0.7

    def listings_evidence(self, seen: Seen, columns: dict[str, Column]) -> float:
        """Tell listings by their words alone."""
        named = {"seller_id", "brand", "category", "sold_at", "price"} & set(columns)
        is_named = bool(set(seen.words) & wanted_tables()["listings"].words)
        is_key = likeness(
            columns["listing_id"].header, wanted("listings", "listing_id")
        )
        return 0.3 if is_named or (is_key and len(named) > 1) else -1.0

    def listing_events_evidence(self, seen: Seen, columns: dict[str, Column]) -> float:
        """Demand listings to refer to."""
        return 0.5 if "listings" in self.proposal.matches else -1.0

    # --- two sides of the orders -----------------------------------------------------

    def second_orders(self, left: list[Seen]) -> list[Seen]:
        """Find a second table of the same orders; returns the tables left."""
        sides = [role for role in ORDERS if role in self.proposal.matches]
        if len(sides) != 1:
            return left
        first = self.proposal.matches[sides[0]]
        best = None
        for seen in left:
            match = self.matched(seen, wanted_tables()["conversions"])
            if not match or "revenue" not in match.columns:
                continue
            own = match.columns["conversion_id"]
            key = first.columns["conversion_id"]
            same = self.contained(seen, own, first.seen, key)
            same = max(same, self.contained(first.seen, key, seen, own))
            if same < 0.3 or not self.are_same_orders(match, first):
                continue
            if best is None or match.score > best.score:
                best = match
        if best is None:
            return left
        (other,) = (role for role in ORDERS if role not in sides)
        self.proposal.matches[other] = best
        return [seen for seen in left if seen is not best.seen]

    def are_same_orders(self, match: Match, first: Match) -> bool:
        """Tell whether what has one key has one amount too, or one day."""
        sides = []
        for side in (match, first):
            key = quoted_name(side.columns["conversion_id"].name)
            at = instant_sql(side.columns["converted_at"])
            amount = side.columns.get("revenue")
            number = amount_sql(amount) if amount else "null"
            sides.append(
                f"select {key} as id, min({at}) as moment, min({number}) as amount "
                f"from {side.seen.table.stored} group by {key}"
            )
        ((share,),) = self.conn.execute(
            f"with one as ({sides[0]}), other as ({sides[1]}) "
            "select count(*) filter (one.amount = other.amount or "
            "abs(epoch(one.moment) - epoch(other.moment)) < 86400) "
            "/ greatest(count(*), 1) from one inner join other on one.id = other.id"
        ).fetchall()
        return share > 0.5

    def order_sides(self) -> None:
        """Settle which orders the tracker saw and which were booked."""
        matches = self.proposal.matches
        first = matches.get("conversions")
        second = matches.get("backend_conversions")
        answered = self.answered([match for match in (first, second) if match])
        if not first:
            return
        if not second:
            # of booked orders only the day counts, so those with a time say more as
            # tracked ones
            words = set(first.seen.words) & word_list("certainly_booked_words")
            is_booked = words and first.columns["converted_at"].is_day
            if (is_booked or answered) and "revenue" in first.columns:
                matches["backend_conversions"] = matches.pop("conversions")
            return
        if answered:
            booked = answered
        elif first.seen.is_named or second.seen.is_named:
            booked = second
        else:
            booked = self.more_booked(first, second)
        if booked is None:
            self.proposal.questions.append(
                f"which of {first.seen.name} and {second.seen.name} holds the booked "
                "orders? The other is what the tracker saw. Say BOOKED=<its name>"
            )
            del matches["conversions"], matches["backend_conversions"]
            for match in (first, second):
                self.proposal.unread[match.seen.name] = (
                    "it holds orders, but tracked or booked is not known"
                )
            return
        tracked = second if booked is first else first
        matches["conversions"], matches["backend_conversions"] = tracked, booked

    def answered(self, sides: list[Match]) -> Match | None:
        """Find the table that the owner says holds the booked orders, if one does."""
        name = self.answers.booked
        if name is None:
            return None
        for match in sides:
            if plain_table(match.seen.name) == plain_table(name):
                return match
        known = ", ".join(match.seen.name for match in sides) or "none"
        self.proposal.questions.append(
            f"BOOKED={name} is not used: the tables of orders to choose from: {known}"
        )
        return None

    def more_booked(self, first: Match, second: Match) -> Match | None:
        """Tell the booked orders by words, or by what a tracker does to them."""
        scores = [self.bookedness(match) for match in (first, second)]
        if abs(scores[0] - scores[1]) < 0.5:
            return None
        return first if scores[0] > scores[1] else second

    def bookedness(self, match: Match) -> float:
        """Weigh what speaks for booked orders against what speaks for tracked ones."""
        own = match.seen.words
        others = [w for column in match.seen.columns for w in words_of(column.header)]
        strict = word_list("certainly_booked_words")
        worth = 2.0 * len(set(own) & strict) + 1.0 * len(set(others) & strict)
        worth += 0.8 * len(set(own) & word_list("booked_words") - strict)
        worth -= 1.0 * len(set(own) & word_list("tracked_words"))
        worth -= 0.8 * len(set(others) & (word_list("tracked_words") - {"conversion"}))
        # a tracker counts some orders twice; books do not
        key = match.columns["conversion_id"]
        worth += 0.6 if key.uniqueness == 1 else -0.6
        day = match.columns["converted_at"]
        return worth + (0.3 if day.is_day else 0.0)

    def ask_for_strangers(self) -> None:
        """Ask whether users are called one thing where they came and bought."""
        matches = self.proposal.matches
        came = matches.get("sessions")
        orders = self.orders
        user = came and came.columns.get("user_id")
        buyer = orders and orders.columns.get("user_id")
        if not (user and user.filled and buyer and buyer.filled):
            return
        if not self.overlap(came.seen, user, orders.seen, buyer):
            self.proposal.questions.append(
                f"{orders.seen.name}.{buyer.name} and {came.seen.name}.{user.name} "
                "have no value in common, so that no order has a journey. Bring one "
                "name for a person to both, or map another column to user_id"
            )

    def ask_for_campaigns(self) -> None:
        """Ask which column of the costs is what GA4 calls a campaign."""
        costs = self.proposal.matches.get("ad_costs")
        if not costs or not self.campaigns or "sessions" in self.proposal.matches:
            return
        taken = costs.columns["campaign_id"]
        if self.campaign_share(costs.seen, taken):
            return
        target = wanted("sessions", "campaign")
        names = [
            column.name
            for column in costs.seen.columns
            if column is not taken and likeness(column.header, target) > LIKE
        ]
        self.proposal.questions.append(
            f"which of {' and '.join([taken.name, *names])} in {costs.seen.name} do "
            f"your sessions carry? GA4 names {', '.join(self.campaigns[:3])}, and "
            f"{taken.name} has none of these, so that no cost would have a session. "
            "Map the column that does to campaign_id"
        )

    def one_who_came(self) -> None:
        """Keep one of sessions and page views: both say who came."""
        matches = self.proposal.matches
        if "sessions" in matches and "page_views" in matches:
            is_guess = not matches["sessions"].seen.is_named
            if is_guess and matches["page_views"].seen.is_named:
                dropped = matches.pop("sessions")
                reason = "page_views are there, and sessions would say again who came"
            else:
                dropped = matches.pop("page_views")
                reason = "sessions are there, and page views would say again who came"
            self.proposal.unread[dropped.seen.name] = reason


def wanted_table(name: str) -> WantedTable:
    """Find a table of the contract; booked orders are like tracked ones."""
    return wanted_tables()["conversions" if name in ORDERS else name]


def is_surely(match: Match, options: list[Match]) -> bool:
    """Tell whether a table is like no other role: costs are no orders."""
    return all(
        match.score - other.score > SURE
        for other in options
        if other.seen is match.seen and other is not match
    )


def wanted(role: str, name: str) -> Wanted:
    """Find a column of the contract."""
    return next(c for c in wanted_tables()[role].columns if c.name == name)


def why_part_unread(seen: Seen, read: list[Seen]) -> str | None:
    """Say of which table that is read a table may be a part, if of any."""
    for one in read:
        if seen.table.columns.keys() == one.table.columns.keys():
            return (
                f"it has the columns of {one.name}, and may be a place of its own "
                "beside it, or the same again"
            )
    return None


def why_unread(seen: Seen) -> str:
    """Say why a table is left: orders want a row each, not one for each thing."""
    order = wanted("conversions", "conversion_id")
    repeated = [
        column
        for column in seen.columns
        if is_identifier(column)
        and column.uniqueness < KEYED
        and likeness(column.header, order) > LIKE
    ]
    if not is_called_orders(seen) or not repeated:
        money = [column for column in seen.columns if column.shape == "money"]
        reason = "it is like no table that counts"
        if not money:
            return reason
        return (
            f"{reason}. An amount like {money[0].examples[0]} in {money[0].name} is "
            "not read; export the number alone"
        )
    key = max(repeated, key=lambda column: likeness(column.header, order))
    return (
        f"{key.name} repeats, as if there were a row for each thing ordered: export "
        "one row for each order"
    )


def is_called_orders(seen: Seen) -> bool:
    """Tell whether a table is called after orders, and not after refunds."""
    words, tables = set(seen.words), wanted_tables()
    is_orders = bool(words & tables["conversions"].words)
    return is_orders and not words & tables["refunds"].words


def own_key(seen: Seen, column: Column) -> float:
    """Say how far a name is of a table's own key: `id`, or `order_id` in orders."""
    words = words_of(column.header)
    if words in (["id"], ["key"], ["pk"], ["uuid"], ["guid"]):
        return 0.4
    table = {word.rstrip("s") for word in seen.words}
    is_own = len(words) > 1 and words[-1] in ("id", "key", "no", "nr")
    return 0.5 if is_own and {word.rstrip("s") for word in words[:-1]} <= table else 0.0


def is_named_otherwise(column: Column, target: Wanted) -> bool:
    """Tell whether a key has the name of a user, or of another key."""
    like = likeness(column.header, target)
    others = (
        wanted("sessions", "session_id"),
        wanted("sessions", "user_id"),
        wanted("sessions", "campaign_id"),
        wanted("conversions", "conversion_id"),
    )
    return any(
        likeness(column.header, other) > like + 0.3
        for other in others
        if other.name != target.name
    )


def has_revenue(seen: Seen, columns: dict[str, Column]) -> bool:
    """Tell whether a table has amounts that nothing of a session explains."""
    explained = {c.name for n, c in columns.items() if n in ("session_cost",)}
    return any(
        c.shape == "number"
        and not c.is_whole
        and c.name not in explained
        and likeness(c.header, wanted("conversions", "revenue")) > LIKE
        for c in seen.columns
    )


def is_identifier(column: Column) -> bool:
    """Tell whether values may be keys: no times, amounts, flags or addresses."""
    if column.shape == "number":
        return column.is_whole and column.notation is None
    return column.shape == "text" and column.distinct > 1


def may_refer(column: Column, target: Wanted) -> bool:
    """Tell whether values may name something else, such as a user or a campaign.

    In a young shop there may be one alone. What is always the same, or 0 and 1, is told
    by its name.
    """
    if is_identifier(column) and column.distinct > 1:
        return True
    may_be = is_identifier(column) or column.shape in ("text", "flag")
    return may_be and likeness(column.header, target) >= ALIKE


def time_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Demand a time."""
    if column.shape != "time":
        return None
    return 0.55 - 0.15 * column.is_day - 0.2 * (column.null_share > 0)


def day_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Demand a time, at best a day alone."""
    if column.shape != "time":
        return None
    return 0.6 if column.is_day else 0.3


def amount_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Money, which has cents more often than not."""
    if column.shape != "number" or column.lowest is None:
        return None
    is_like = likeness(column.header, target)
    if set(words_of(column.header)) & word_list("other_numbers") and is_like < 0.6:
        return None
    if column.is_dense and column.is_unique and is_like < 0.6:
        return None
    if column.is_whole:
        return 0.25
    # an optional amount needs a name
    return 0.65 if target.name in ("revenue", "amount", "cost") else 0.3


def count_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Demand a whole number that counts; 0 and 1 alone count by their name."""
    is_few = column.shape == "flag" and likeness(column.header, target) >= ALIKE
    if column.shape != "number" and not is_few:
        return None
    if not (column.is_whole or column.is_grouped):
        return None
    return None if (column.lowest or "").startswith("-") else 0.3


def share_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Look for numbers from 0 to 1."""
    if column.shape not in ("number", "flag") or column.lowest is None:
        return None
    if column.shape == "flag" and column.highest not in NUMBERED_FLAGS:
        return None  # yes and no
    if column.highest is None or column.lowest.startswith("-"):
        return None
    return 0.65 if float(column.highest.replace(",", ".")) <= 1 else 0.2


def flag_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Demand yes or no."""
    return 0.4 if column.shape == "flag" else None


def url_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Demand an address; one that is often absent is a referrer."""
    if column.shape != "url":
        return None
    return 0.4 if target.kind == "referrer" and column.null_share < 0.05 else 0.45


def agent_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Demand what a browser says it is."""
    return 0.8 if column.shape == "agent" else None


def label_fit(_: Seen, column: Column, target: Wanted) -> float | None:
    """Look for few words; known ones tell what they say."""
    if column.shape not in ("text", "number", "flag"):
        return None
    if target.values is None:
        return 0.2
    share = column.lexicons.get(target.values, 0.0)
    best = max(column.lexicons.values(), default=0.0)
    if share < 0.5 or share < best:
        return 0.1 * share
    return 0.4 + 0.4 * share if column.distinct <= 5 * FEW else 0.1


def columns_in_order(match: Match) -> Iterator[tuple[str, Column]]:
    """List the columns of a match in the order of the contract."""
    yield from (
        (target.name, match.columns[target.name])
        for target in wanted_table(match.role).columns
        if target.name in match.columns
    )
