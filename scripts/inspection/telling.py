"""Print what was found and proposed, and write the mapping."""

from __future__ import annotations

import csv
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from inspection.profiling import Column
from inspection.proposing import ORDERS, Match, Proposal, Seen, columns_in_order
from inspection.vocabulary import lexicons, vocabulary, wanted_tables, words_of
from raw_data.declared import DEFAULT_LAYOUT, Layouts, plain_table, read_seed

HEADINGS = ("column", "holds", "written", "empty", "different", "from", "to")
WIDEST = 26
HALF = 0.5
# columns of the contract that are amounts of money
MONEY = ("revenue", "cost", "amount", "price", "session_cost")
# amounts that the build rejects below 0, and what to do with these
NOT_NEGATIVE = {
    "amount": "Export what was paid back as a positive number",
    "revenue": "What was paid back belongs in refunds, as a positive number",
    "price": "A price is 0 or more",
}


@dataclass(frozen=True)
class Owner:
    """What the owner says: the property, the clock of its times, and its currency.

    `before` is the property's row of seed `properties`, empty if it has none.
    """

    site: str
    time_zone: str | None = None
    currency: str | None = None
    before: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> dict[str, str]:
        """What was said before, of the clock and the currency, and is not said anew."""
        said = {"time_zone": self.time_zone, "currency": self.currency}
        return {
            name: self.before[name]
            for name, now in said.items()
            if not now and self.before.get(name)
        }


@dataclass(frozen=True)
class Rows:
    """The rows of the two seeds that say how a property is read."""

    mapping: list[dict[str, str]]
    properties: list[dict[str, str]]


# --- what is there -------------------------------------------------------------------


def told_tables(proposal: Proposal) -> list[str]:
    """Describe each table and column."""
    lines = []
    for seen in proposal.tables:
        lines += ["", f"{seen.name}: {about(seen)}"]
        rows = [HEADINGS, *(told_column(column) for column in seen.columns)]
        widths = [
            max(len(row[place]) for row in rows) for place in range(len(HEADINGS))
        ]
        lines += [
            "  "
            + "  ".join(
                f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
            )
            for row in rows
        ]
    return [line.rstrip() for line in lines]


def about(seen: Seen) -> str:
    """Describe a table in a line."""
    parts = [f"{seen.table.row_count:,} rows"]
    if seen.table.is_cut:
        parts.append("of which the first million were looked at")
    if seen.table.encoding:
        parts.append(seen.table.encoding)
    if seen.table.malformed_count:
        parts.append(f"{seen.table.malformed_count:,} lines that are no row")
    keys = [c.name for c in seen.columns if c.uniqueness == 1 and not c.null_share]
    if keys:
        parts.append(f"unique: {', '.join(keys)}")
    return ", ".join(parts)


def told_column(column: Column) -> tuple[str, ...]:
    """Describe a column: a cell for each heading."""
    kind = "day" if column.is_day else column.shape
    if column.shape == "text" and column.is_email:
        kind = "e-mail"
    written = column.notation or ""
    if column.shape == "number" and column.notation:
        written = f"decimal {column.notation}"
    if column.odd:
        written += f" but for {column.odd:,}"
    return (
        column.name,
        kind,
        written.strip(),
        f"{column.null_share:.0%}" if column.null_share else "",
        f"{column.distinct:,}",
        short(column.lowest),
        short(column.highest),
    )


def short(value: str | None) -> str:
    """Cut a value to what a line has room for."""
    text = " ".join((value or "").split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


# --- what is proposed ----------------------------------------------------------------


def told_proposal(proposal: Proposal, layouts: Layouts, owner: Owner) -> list[str]:
    """Say which table is which, and which column."""
    lines = ["", "Proposal"]
    for layout, tables in proposal.known.items():
        for name, seen in tables.items():
            lines.append(f"  {seen.name} is {name} of layout {layout}")
    for role, match in proposal.matches.items():
        lines.append(f"  {match.seen.name} is {role}")
        for name, column in columns_in_order(match):
            how = f" ({column.notation})" if column.notation else ""
            lines.append(f"    {column.name}{how} is {name}")
        named = named_columns(match, layouts, role)
        lines += [f"    {name} is {name}" for name in named]
        extra = extra_columns(match, layouts, role)
        if extra:
            lines.append(f"    not read: {', '.join(extra)}")
    for name, reason in proposal.unread.items():
        lines.append(f"  {name} is not read: {reason}")
    lines += told_missing(proposal, layouts)
    if owner.kept:
        lines += ["", "Kept from seeds/mappings/properties.csv"]
        lines += [
            f"  {value}, unless {name.upper()}= says otherwise"
            for name, value in owner.kept.items()
        ]
    questions = [*proposal.questions, *open_questions(proposal, layouts, owner)]
    if questions or proposal.look.problems:
        lines += ["", "To be settled"]
        lines += [f"  {line}" for line in (*proposal.look.problems, *questions)]
    return lines


def named_columns(match: Match, layouts: Layouts, role: str) -> list[str]:
    """List the columns that are read by their name alone, whatever they hold."""
    declared = set(layouts[DEFAULT_LAYOUT][role].columns)
    used = {column.name for column in match.columns.values()}
    return [
        column.name
        for column in match.seen.columns
        if column.name in declared - used - set(match.columns)
    ]


def extra_columns(match: Match, layouts: Layouts, role: str) -> list[str]:
    """List the columns that nothing of the contract is made of."""
    used = {column.name for column in match.columns.values()}
    used.update(named_columns(match, layouts, role))
    return [column.name for column in match.seen.columns if column.name not in used]


def told_missing(proposal: Proposal, layouts: Layouts) -> list[str]:
    """Say which marts stay empty, and for want of what."""
    if proposal.known and not proposal.matches:
        return []
    matches = proposal.matches
    read = {
        role: {*match.columns, *named_columns(match, layouts, role)}
        for role, match in matches.items()
    }
    marts = vocabulary()["marts"]
    lines = []
    came = next((r for r in ("sessions", "page_views") if r in matches), None)
    is_known = any(
        {"sessions", "session_sources", "visits", "events"} & set(tables)
        for tables in proposal.known.values()
    )
    if not came and not is_known:
        lines.append(f"no sessions and no page_views: {marts['who came']}")
    orders = next((r for r in ORDERS if r in matches), None)
    if not orders and not proposal.known:
        lines.append(f"no conversions: {marts['conversions']}")
    if not came and not is_known or not orders and not proposal.known:
        lines.append(f"not both of them: {marts['journeys']}")
    elif came and orders:
        lines += [
            f"no user_id in {role} ({matches[role].seen.name}): {marts['journeys']}"
            for role in (came, orders)
            if not {"user_id", "visitor_id"} & read[role]
        ]
    if came and not {"channel", "source", "landing_url", "page_url"} & read[came]:
        lines.append(
            f"no channel, source or landing_url in {came}: every channel is unknown"
        )
    for role in ("backend_conversions", "ad_costs", "refunds"):
        if role not in matches and not proposal.known:
            lines.append(f"no {role}: {marts[role]}")
    has_cost = "ad_costs" in matches or came and "session_cost" in read[came]
    if not has_cost and not proposal.known:
        lines.append(f"no ad_costs and no session_cost: {marts['any cost']}")
    if not lines:
        return []
    return ["", "Missing, so these stay empty", *(f"  {line}" for line in lines)]


def open_questions(proposal: Proposal, layouts: Layouts, owner: Owner) -> list[str]:
    """Ask what no file can tell."""
    questions = []
    is_clock_told = owner.time_zone or "time_zone" in owner.kept
    if proposal.is_naive and not is_clock_told:
        questions.append(
            "times come without an offset: on which clock? It is UTC unless "
            "TIME_ZONE=Europe/Berlin or the like says otherwise"
        )
    elif proposal.has_instants and not is_clock_told:
        questions.append(
            "days are those of which clock? It is UTC unless TIME_ZONE=Europe/Berlin "
            "or the like says otherwise"
        )
    for role, match in proposal.matches.items():
        table = layouts[DEFAULT_LAYOUT][role]
        for name, column in match.columns.items():
            if column.question == "thousands or fractions" and not is_count(name):
                questions.append(
                    f"{match.seen.name}.{column.name}: is {column.examples[0]} a "
                    "thousand or a fraction? It is read as a thousand; else empty its "
                    f"format in the mapping of {role}.{name}"
                )
            if column.is_naive and set(words_of(column.header)) & {"utc", "gmt"}:
                questions.append(
                    f"{match.seen.name}.{column.name}: is UTC by its name, and is read "
                    "on the property's clock as all are. Where that is another one, "
                    "write Z behind its times"
                )
            # an id may be written anyhow
            if column.odd and name in table.types:
                questions.append(
                    f"{match.seen.name}.{column.name}: {column.odd:,} values are "
                    "written otherwise; their rows will be rejected"
                )
            if column.negative and name in NOT_NEGATIVE:
                questions.append(
                    f"{match.seen.name}.{column.name}: {column.negative:,} values are "
                    f"negative; their rows will be rejected. {NOT_NEGATIVE[name]}"
                )
            empty = column.rows - column.filled
            if empty and name in table.required:
                questions.append(
                    f"{match.seen.name}.{column.name}: {empty:,} rows have none, and "
                    "will be rejected"
                )
        questions += told_columns(match)
    return questions + currency_questions(proposal, owner)


def currency_questions(proposal: Proposal, owner: Owner) -> list[str]:
    """Ask for the currency where nothing tells it, and for rates of others."""
    questions = []
    told = currency_of(proposal, owner)
    for seen, column in proposal.currencies:
        where = f"{seen.name}.{column.name}"
        if column.distinct > 1:
            questions.append(
                f"{where}: {column.distinct} currencies; those that are not the "
                "property's need rates in seeds/mappings/exchange_rates.csv"
            )
        elif told and column.examples[0].upper() != told:
            questions.append(
                f"{where}: is {column.examples[0]}, which needs rates in "
                f"seeds/mappings/exchange_rates.csv, since the property has {told}"
            )
    for match, column, named in named_currencies(proposal):
        is_said = owner.currency or "currency" in match.columns
        if told and named != told and not is_said:
            questions.append(
                f"{match.seen.name}.{column.name}: is {named} by its name, and is read "
                f"as {told}, which the property has. Say CURRENCY={named}, or give its "
                "rows a currency"
            )
    has_amounts = any(
        set(MONEY) & set(match.columns) for match in proposal.matches.values()
    )
    if told is None and (proposal.exports or has_amounts):
        names = {named for _, _, named in named_currencies(proposal)} | {
            column.examples[0].upper()
            for _, column in proposal.currencies
            if column.distinct == 1
        }
        likeliest = min(names - {"EUR"}, default="USD")
        questions.append(
            f"amounts are taken for EUR unless CURRENCY={likeliest} or the like says "
            "otherwise"
        )
    return questions


def is_count(name: str) -> bool:
    """Tell whether a column counts: no click is a fraction."""
    return any(
        column.name == name and column.kind == "count"
        for table in wanted_tables().values()
        for column in table.columns
    )


def told_columns(match: Match) -> list[str]:
    """Say what a table holds in a shape that is not read."""
    lines = []
    for name, column in match.columns.items():
        where = f"{match.seen.name}.{column.name}"
        if name in ("user_id", "visitor_id") and column.is_email:
            lines.append(
                f"{where}: e-mail addresses would be published as {name}; a number "
                "that stands for the person would not give anybody away"
            )
    is_dated = any(column.is_day for column in match.columns.values())
    for column in match.seen.columns:
        where = f"{match.seen.name}.{column.name}"
        if column.shape == "clock" and is_dated:
            lines.append(
                f"{where}: times of day are not read by themselves; put day and time "
                "into one column, such as 2024-03-05 10:15:00"
            )
        if match.role in ORDERS and is_status(match, column):
            lines.append(
                f"{where}: is not read, and every order counts, whether "
                f"{' or '.join(column.examples)}. Leave out what does not count; give "
                "a cancelled order its day as cancelled_at, and one that was paid back "
                "a row in refunds"
            )
        if column.shape == "money":
            lines.append(
                f"{where}: an amount like {column.examples[0]} is not read; export the "
                "number alone, and the currency in a column of its own"
            )
    return lines


def is_status(match: Match, column: Column) -> bool:
    """Tell whether a column that is not read says what became of each row."""
    is_read = column in match.columns.values()
    share = column.lexicons.get("order_status", 0)
    return not is_read and column.distinct > 1 and share > HALF


def currency_of(proposal: Proposal, owner: Owner) -> str | None:
    """Tell the currency: the owner's word, now or before, or what all orders name.

    What was spent on ads may be billed in another one than the shop's.
    """
    if owner.currency:
        return owner.currency.upper()
    if "currency" in owner.kept:
        return owner.kept["currency"].upper()
    orders = [match for role, match in proposal.matches.items() if role in ORDERS]
    tables = [*proposal.exports, *(match.seen for match in orders)]
    named = {
        currency
        for match, _, currency in named_currencies(proposal)
        if any(match is one for one in orders)
    }
    for seen, column in proposal.currencies:
        if not any(seen is one for one in tables):
            continue
        if column.distinct > 1:
            return None
        named.add(column.examples[0].upper())
    return named.pop() if len(named) == 1 else None


def named_currencies(proposal: Proposal) -> list[tuple[Match, Column, str]]:
    """List the amounts that are called after a currency, as total_eur is."""
    return [
        (match, column, currency.upper())
        for match in proposal.matches.values()
        for name, column in match.columns.items()
        if name in MONEY
        for currency in sorted(set(words_of(column.header)) & lexicons()["currency"])
    ]


# --- how to go on --------------------------------------------------------------------


def var_raw(proposal: Proposal, layouts: Layouts, site: str) -> dict[str, Any]:
    """Make var `raw` for a property."""
    entries: list[Any] = []
    places = {layout: dict(tables) for layout, tables in proposal.known.items()}
    if proposal.matches:
        matches = proposal.matches.items()
        places[DEFAULT_LAYOUT] = {role: match.seen for role, match in matches}
    for layout, tables in places.items():
        parted = {name: seen for name, seen in tables.items() if seen.table.files}
        whole = {name: seen for name, seen in tables.items() if name not in parted}
        if len(layouts[layout]) == len(proposal.tables) == len(parted) == 1:
            # a folder of one table alone, a file for each day
            whole, parted = {}, {}
            entries.append(entry(proposal, layouts, layout, {}, site))
        if whole:
            entries.append(entry(proposal, layouts, layout, whole, site))
        for name, seen in parted.items():
            for file in seen.table.files:
                told = entry(proposal, layouts, layout, {}, site)
                about = told if isinstance(told, dict) else {}
                about = {k: v for k, v in about.items() if k != "tables"}
                named = {"path": file, "tables": {name: table_name(Path(file).name)}}
                entries.append(about | named)
    return {"raw": {site: entries[0] if len(entries) == 1 else entries}}


def entry(
    proposal: Proposal,
    layouts: Layouts,
    layout: str,
    named: dict[str, Seen],
    site: str,
) -> str | dict[str, Any]:
    """Make the place of one layout: `named` are its tables there, none for all."""
    told: dict[str, Any] = {"path": proposal.look.place}
    told |= {key: value for key, value in proposal.look.told.items() if value}
    default = site if site in layouts else DEFAULT_LAYOUT
    if layout != default:
        told = {"layout": layout, **told}
    is_file = Path(proposal.look.place).suffix and len(proposal.tables) == 1
    tables: dict[str, str | None] = {
        table: table_name(seen.name)
        for table, seen in named.items()
        if plain_table(seen.name) != table
        and not (is_file and len(layouts[layout]) == 1)
    }
    # a table of the contract's name that is something else
    tables |= {
        plain_table(seen.name): None
        for seen in proposal.tables
        if plain_table(seen.name) in layouts[layout]
        and plain_table(seen.name) not in named
    }
    if tables:
        told["tables"] = tables
    return told["path"] if set(told) == {"path"} else told


def table_name(name: str) -> str:
    """Write the name of a table or file as `tables` takes it."""
    return plain_table(name) if "." in name else name


def command(var: dict[str, Any]) -> str:
    """Write the command that builds."""
    text = yaml.safe_dump(
        var,
        default_flow_style=True,
        width=10_000,
        sort_keys=False,
        allow_unicode=True,
    )
    return f"make build VARS={shlex.quote(text.strip())}"


def rows_of(proposal: Proposal, owner: Owner) -> Rows:
    """Make the rows of the seeds."""
    times = [
        column
        for match in proposal.matches.values()
        for column in match.columns.values()
        if column.shape == "time"
    ]
    common = {settled_notation(column) for column in times}
    shared = common.pop() if len(common) == 1 else ""
    mapping = []
    for role, match in proposal.matches.items():
        for name, column in columns_in_order(match):
            notation = settled_notation(column)
            if column.shape == "time" and notation == shared:
                notation = ""
            if column.shape not in ("time", "number"):
                notation = ""
            if column.name != name or notation:
                mapping.append(
                    {
                        "property": owner.site,
                        "raw_table": role,
                        "source_column": column.name,
                        "column_name": name,
                        "format": notation,
                    }
                )
    settings = {
        "property": owner.site,
        "time_zone": owner.time_zone or owner.kept.get("time_zone") or "UTC",
        "currency": currency_of(proposal, owner) or "EUR",
        "timestamp_format": shared,
    }
    return Rows(mapping, [owner.before | settings])


def settled_notation(column: Column) -> str:
    """Tell how a column is written; nothing where that is still a question."""
    return "" if column.question == "day or month first" else column.notation or ""


def property_row(path: Path, site: str) -> dict[str, str]:
    """Read the row of a property; empty if there is none."""
    rows = read_seed(str(path)).rows.values()
    return next((row for row in reversed(rows) if row["property"] == site), {})


def replace_rows(path: Path, site: str, rows: list[dict[str, str]]) -> None:
    """Put rows in place of a property's old ones; all other lines stay as they are."""
    seeded = read_seed(str(path)).rows.values()
    kept = [row for row in seeded if row["property"] != site]
    header = header_with(path, rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept + rows)


def header_with(path: Path, rows: list[dict[str, str]]) -> list[str]:
    """List the columns of a seed that holds these rows, too."""
    columns = read_seed(str(path)).columns
    return list(dict.fromkeys(columns + [key for row in rows for key in row]))
