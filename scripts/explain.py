"""Show one conversion from its raw rows to the cents of each credit.

    python scripts/explain.py conv_id_123
    python scripts/explain.py conv_id_123 --property company_x --model linear

Reads the working database (`TRIBUTARY_DB`, else target/tributary.duckdb), read-only.
Nothing is worked out anew that the build has stored: the script puts the rows of its
tables side by side, redoes the rounding to cents, and says where the two differ.
"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal, localcontext
from itertools import accumulate
from typing import Any

import duckdb
import yaml

from given_vars import vars_fault
from publish import PROJECT, working_file
from raw_data import quoted_name, quoted_text

WIDTH = 100
# the narrowest that a shortened column becomes
NARROWEST = 9
ELLIPSIS = "…"
NEEDED = {
    "intermediate": {
        "int_backend_conversions_checked",
        "int_backend_conversions_numbered",
        "int_conversions",
        "int_conversions_refused",
        "int_exchange_rates",
        "int_properties",
        "int_provided_journeys_checked",
        "int_sessions",
        "int_touchpoints",
        "int_touchpoints_weighted",
        "int_tracked_conversions_checked",
        "int_tracked_conversions_numbered",
    },
    "marts": {
        "fct_attribution_credits",
        "fct_conversion_reconciliation",
        "fct_conversions",
    },
}
STATUSES = {
    "awaiting_backend": "tracked after the backend's last day, so not yet booked",
    "missing_in_tracking": "booked, and the tracker never saw it",
    "missing_in_backend": "tracked, and the books never got it",
    "duplicate_in_tracking": "tracked under several users or days",
    "revenue_differs": "tracker and backend disagree on the revenue",
    "user_differs": "tracker and backend disagree on the user",
    "date_differs": "tracker and backend disagree on the day",
    "market_differs": "tracker and backend disagree on the market",
    "matched": "tracker and backend agree",
}

Row = dict[str, Any]


class ExplainError(Exception):
    """What keeps a conversion from being explained, in one line."""


@dataclass(frozen=True)
class Window:
    """How far back the sessions of a conversion's user are taken."""

    lookback: timedelta
    is_cut_at_conversion: bool = False

    def begin(self, end: datetime, previous: datetime | None) -> datetime:
        """Tell the end that is not part of it.

        Args:
            end: the time T of the conversion.
            previous: that of the user's conversion before, if there is one.
        """
        begin = end - self.lookback
        if self.is_cut_at_conversion and previous is not None:
            return max(begin, previous)
        return begin


@dataclass(frozen=True)
class Conversion:
    """What the working database holds of one conversion.

    Attributes:
        refused: raw rows that staging refused.
        refused_later: rows that were read and then refused, with their `side`.
    """

    site: Row
    conversion_id: str
    tracked: list[Row]
    booked: list[Row]
    refused: list[Row]
    refused_later: list[Row]
    settled: Row | None
    status: str | None
    journey_rows: list[Row]
    refused_journey_rows: list[Row]
    touches: list[Row]
    user_sessions: list[Row]
    previous_converted_at: datetime | None
    credits: dict[str, list[Row]]


# text


def plain(value: object) -> str:
    """Write a value on one line: null is -, what no terminal should get is escaped."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return f"{value:f}"
        case _:
            text = str(value)
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape").decode()
        for character in text
    )


def places(value: Decimal | None, most: int) -> str:
    """Write a number with at most so many places, without zeros at its end."""
    if value is None:
        return "-"
    text = f"{value:.{most}f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: 1 row, 2 rows."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shorten(text: str, width: int) -> str:
    """Take out the middle of a text: ids differ at either end."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}{ELLIPSIS}{text[len(text) - tail :]}"


def fitted(widths: Sequence[int], flexible: Iterable[int], room: int) -> list[int]:
    """Narrow the widest of the flexible columns until all of them fit."""
    fit = list(widths)
    flexible = list(flexible)
    while sum(fit) > room:
        wide = [column for column in flexible if fit[column] > NARROWEST]
        if not wide:
            break
        fit[max(wide, key=lambda column: fit[column])] -= 1
    return fit


@dataclass
class Page:
    """The lines to print, and the values that tables have shortened."""

    lines: list[str] = field(default_factory=list)
    shortened: list[str] = field(default_factory=list)

    def head(self, text: str) -> None:
        """Begin a section."""
        self.lines += ["", text]

    def gap(self) -> None:
        """Leave a line empty."""
        self.lines.append("")

    def say(self, text: str, label: str = "") -> None:
        """Add a paragraph, hanging behind its label if it has one."""
        indent = "  " + label
        self.lines += textwrap.wrap(
            text,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=" " * len(indent),
            break_on_hyphens=False,
        )

    def table(self, columns: Mapping[str, Sequence[object]], *flexible: str) -> None:
        """Add a table, and remember the values that it had to shorten.

        Args:
            columns: the cells of each column by its heading, which begins with `>` if
                they stand at its right end.
            flexible: headings of the columns to shorten if the lines are too long.
        """
        names = [name.removeprefix(">") for name in columns]
        cells = [[plain(cell) for cell in column] for column in columns.values()]
        widths = [
            max(map(len, [name, *column]))
            for name, column in zip(names, cells, strict=True)
        ]
        may_shrink = [names.index(name) for name in flexible if name in names]
        widths = fitted(widths, may_shrink, WIDTH - 2 * len(widths))
        aligned = [">" if name.startswith(">") else "<" for name in columns]
        rule = ["-" * width for width in widths]
        for line in [names, rule, *zip(*cells, strict=True)]:
            parts = [
                f"{shorten(cell, width):{side}{width}}"
                for cell, width, side in zip(line, widths, aligned, strict=True)
            ]
            self.lines.append(f"  {'  '.join(parts)}".rstrip())
        self.shortened += [
            cell
            for column, width in zip(cells, widths, strict=True)
            for cell in column
            if len(cell) > width
        ]

    def text(self) -> str:
        """Join the lines; what was shortened stands in full at the end."""
        if self.shortened:
            self.head("Shortened above, in full")
            for value in dict.fromkeys(self.shortened):
                self.lines.append(f"  {value}")
        return "\n".join(self.lines)


# the database


def ask(conn: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[Row]:
    """Read rows by column name."""
    result = conn.execute(sql, list(values))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def opened() -> duckdb.DuckDBPyConnection:
    """Open the working database read-only.

    Raises:
        ExplainError: it is not there, is being built, or lacks tables.
    """
    path = working_file()
    shown = path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path
    if not path.is_file():
        raise ExplainError(f"{shown} does not exist: run make build first.")
    try:
        conn = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        raise ExplainError(f"{shown} cannot be opened: {reason}") from error
    present = {
        (row["table_schema"], row["table_name"])
        for row in ask(
            conn, "select table_schema, table_name from information_schema.tables"
        )
    }
    lacking = sorted(
        name
        for schema, names in NEEDED.items()
        for name in names
        if (schema, name) not in present
    )
    if lacking:
        conn.close()
        raise ExplainError(f"{shown} lacks {', '.join(lacking)}: run make build first.")
    return conn


def judged_tables(conn: duckdb.DuckDBPyConnection, *others: str) -> list[str]:
    """Name the tables that hold every raw row of conversions, the refused ones too.

    Args:
        conn: the working database.
        others: columns that such a table needs to have, too.
    """
    columns = ["property", "conversion_id", "rejection_reason", "raw_row", *others]
    names = ask(
        conn,
        "select table_name from information_schema.columns "
        "where table_schema = 'staging' and starts_with(table_name, 'base_') "
        "and list_contains($1, column_name) "
        "group by table_name having count(*) = len($1) order by table_name",
        columns,
    )
    return [row["table_name"] for row in names]


def from_judged(tables: Iterable[str], columns: str) -> str:
    """Write the query of all raw rows of one conversion, to be bound by table."""
    return " union all ".join(
        f"select {columns}, {quoted_text(table.partition('__')[2])} as raw_table "
        f"from staging.{quoted_name(table)} where conversion_id = $id"
        for table in tables
    )


def properties_of(conn: duckdb.DuckDBPyConnection, conversion_id: str) -> list[str]:
    """List the properties that have rows of a conversion, readable or not."""
    sql = (
        "select property from intermediate.int_conversions where conversion_id = $id "
        "union select property from intermediate.int_conversions_refused "
        "where conversion_id = $id"
    )
    if tables := judged_tables(conn):
        raw = from_judged(tables, "property")
        sql += f" union select property from ({raw}) as raw_rows"
    found = conn.execute(sql, {"id": conversion_id}).fetchall()
    return sorted({name for (name,) in found})


def chosen_property(
    conn: duckdb.DuckDBPyConnection, conversion_id: str, wanted: str | None
) -> str:
    """Find the property to explain.

    Raises:
        ExplainError: no property has the conversion, or it is open which is meant.
    """
    sites = [
        row["property"]
        for row in ask(
            conn, "select property from intermediate.int_properties order by property"
        )
    ]
    if wanted and wanted not in sites:
        raise ExplainError(
            f"{plain(wanted)} is no property; there are {', '.join(sites)}."
        )
    found = properties_of(conn, conversion_id)
    name = plain(conversion_id)
    if not found:
        near = nearest(conn, conversion_id, wanted)
        hint = f"; nearest are {', '.join(near)}" if near else ""
        raise ExplainError(f"No conversion is called {name}{hint}.")
    if wanted and wanted not in found:
        raise ExplainError(f"{name} is in {', '.join(found)}, not in {wanted}.")
    if not wanted and len(found) > 1:
        raise ExplainError(
            f"{name} is in {' and '.join(found)}: "
            f"choose one with PROPERTY={found[0]} (--property {found[0]})."
        )
    return wanted or found[0]


def nearest(
    conn: duckdb.DuckDBPyConnection, conversion_id: str, site: str | None
) -> list[str]:
    """List up to three ids that begin like this one or differ by few letters."""
    rows = ask(
        conn,
        "select distinct conversion_id, "
        "starts_with(lower(conversion_id), lower(rtrim($1, '…'))) as is_begun, "
        "levenshtein(lower(conversion_id), lower($1)) as letters "
        "from intermediate.int_conversions "
        "where property = coalesce($2, property) "
        "order by is_begun desc, letters, conversion_id limit 3",
        conversion_id,
        site,
    )
    return [plain(row["conversion_id"]) for row in rows]


def chosen_models(
    conn: duckdb.DuckDBPyConnection, site: str, wanted: str | None
) -> list[str]:
    """List the attribution models to show, in the order in which they are computed.

    Raises:
        ExplainError: the property has no such model.
    """
    columns = ask(conn, "describe intermediate.int_touchpoints_weighted")
    order = [row["column_name"].removesuffix("_share_so_far") for row in columns]
    names = sorted(
        (
            row["attribution_model"]
            for row in ask(
                conn,
                "select distinct attribution_model from marts.fct_attribution_credits "
                "where property = ?",
                site,
            )
        ),
        key=lambda name: (order.index(name) if name in order else len(order), name),
    )
    if wanted and wanted not in names:
        raise ExplainError(
            f"{site} has no attribution model {plain(wanted)}; "
            f"it has {', '.join(names) or 'none'}."
        )
    return [wanted] if wanted else names


def read_conversion(
    conn: duckdb.DuckDBPyConnection, site: str, conversion_id: str, models: list[str]
) -> Conversion:
    """Read all that is stored of a conversion."""
    key = (site, conversion_id)
    of_it = "where property = ? and conversion_id = ?"
    (described,) = ask(
        conn, "select * from intermediate.int_properties where property = ?", site
    )
    settled = ask(
        conn,
        "select conversions.*, facts.refunded_revenue, "
        "timezone($3, timezone('UTC', conversions.converted_at)) as converted_at_local "
        "from intermediate.int_conversions as conversions "
        "inner join marts.fct_conversions as facts "
        "on conversions.property = facts.property "
        "and conversions.conversion_id = facts.conversion_id "
        "where conversions.property = $1 and conversions.conversion_id = $2",
        *key,
        described["time_zone"],
    )
    status = ask(
        conn, f"select status from marts.fct_conversion_reconciliation {of_it}", *key
    )
    journey_tables = {
        table.partition("__")[2] for table in judged_tables(conn, "provided_weight")
    }
    refused = read_refused(conn, site, conversion_id)
    user = settled[0]["journey_user_id"] if settled else None
    return Conversion(
        site=described,
        conversion_id=conversion_id,
        tracked=ask(
            conn,
            # a tracker's time is that of the property's clock, or an instant
            "select * replace (coalesce(converted_at_local, "
            "timezone($3, timezone('UTC', converted_at))) as converted_at_local) "
            f"from ({with_rates('int_tracked_conversions_numbered')}) as rated "
            "where property = $1 and conversion_id = $2 order by copy_number",
            *key,
            described["time_zone"],
        ),
        booked=ask(
            conn,
            f"{with_rates('int_backend_conversions_numbered')} "
            "where conversions.property = ? and conversions.conversion_id = ? "
            "order by conversions.copy_number",
            *key,
        ),
        refused=[row for row in refused if row["raw_table"] not in journey_tables],
        refused_later=read_refused_later(conn, site, conversion_id),
        settled=settled[0] if settled else None,
        status=status[0]["status"] if status else None,
        journey_rows=ask(
            conn,
            "select * from intermediate.int_provided_journeys_checked "
            f"{of_it} order by session_id",
            *key,
        ),
        refused_journey_rows=[r for r in refused if r["raw_table"] in journey_tables],
        touches=read_touches(conn, *key),
        user_sessions=ask(
            conn,
            "select session_id, started_at from intermediate.int_sessions "
            "where property = ? and user_id = ? order by started_at, session_id",
            site,
            user,
        ),
        previous_converted_at=read_previous(conn, settled[0]) if settled else None,
        credits={
            model: ask(
                conn,
                "select * from marts.fct_attribution_credits "
                f"{of_it} and attribution_model = ? order by touch_number",
                *key,
                model,
            )
            for model in models
        },
    )


def with_rates(table: str) -> str:
    """Write the query of a side's rows with the rates that their amounts were worth."""
    return (
        f"select conversions.*, rates.rate, rates.own_rate "
        f"from intermediate.{table} as conversions "
        "left join intermediate.int_exchange_rates as rates "
        "on conversions.property = rates.property "
        "and conversions.currency = rates.currency "
        "and conversions.conversion_date = rates.rate_date"
    )


def read_previous(conn: duckdb.DuckDBPyConnection, settled: Row) -> datetime | None:
    """Read when the user's counted conversion before this one was."""
    (row,) = ask(
        conn,
        "select max(converted_at) as converted_at from intermediate.int_conversions "
        "where property = ? and journey_user_id = ? and is_counted "
        "and (converted_at, conversion_id) < (?, ?)",
        settled["property"],
        settled["journey_user_id"],
        settled["converted_at"],
        settled["conversion_id"],
    )
    return row["converted_at"]


def read_touches(
    conn: duckdb.DuckDBPyConnection, site: str, conversion_id: str
) -> list[Row]:
    """Read the touches of a conversion in order, with their weights and shares."""
    of_it = "where property = ? and conversion_id = ?"
    weighted = ask(
        conn,
        f"select * from intermediate.int_touchpoints_weighted {of_it}",
        site,
        conversion_id,
    )
    by_number = {row["touch_number"]: row for row in weighted}
    touches = ask(
        conn,
        "select touches.*, sessions.started_at "
        "from intermediate.int_touchpoints as touches "
        "inner join intermediate.int_sessions as sessions "
        "on touches.property = sessions.property "
        "and touches.session_id = sessions.session_id "
        "where touches.property = ? and touches.conversion_id = ? "
        "order by touches.touch_number",
        site,
        conversion_id,
    )
    return [{**by_number.get(row["touch_number"], {}), **row} for row in touches]


def read_refused(
    conn: duckdb.DuckDBPyConnection, site: str, conversion_id: str
) -> list[Row]:
    """Read the raw rows of a conversion that staging refused."""
    tables = judged_tables(conn)
    if not tables:
        return []
    raw = from_judged(tables, "property, rejection_reason, raw_row")
    result = conn.execute(
        f"select raw_table, rejection_reason, raw_row from ({raw}) as raw_rows "
        "where property = $site and rejection_reason is not null order by all",
        {"id": conversion_id, "site": site},
    )
    names = ("raw_table", "rejection_reason", "raw_row")
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def read_refused_later(
    conn: duckdb.DuckDBPyConnection, site: str, conversion_id: str
) -> list[Row]:
    """Read the rows of a conversion that were read and then refused."""
    of_it = "where property = $site and conversion_id = $id"
    key = {"site": site, "id": conversion_id}
    # few conversions have any, and both sides would be judged anew to find none
    if not conn.execute(
        f"select 1 from intermediate.int_conversions_refused {of_it} limit 1", key
    ).fetchall():
        return []
    names = ("side", "raw_table", "rejection_reason", "raw_row")
    result = conn.execute(
        " union all ".join(
            f"select '{side}' as side, raw_table, rejection_reason, raw_row "
            f"from intermediate.int_{table}_conversions_checked "
            f"{of_it} and rejection_reason is not null"
            for side, table in (("tracker", "tracked"), ("backend", "backend"))
        )
        + " order by side desc, raw_table, rejection_reason, raw_row",
        key,
    )
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def window_of(variables: str) -> Window:
    """Tell the window that the build took sessions from.

    Args:
        variables: the build's `--vars`, as YAML; what they leave open dbt_project.yml
            says.

    Raises:
        ExplainError: these are no vars.
    """
    if fault := vars_fault(variables):
        raise ExplainError(fault)
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    try:
        given = dict(yaml.safe_load(variables) or {})
        for name in given.keys() - project["vars"].keys():
            raise ExplainError(
                f"var {name} is none of this project; dbt_project.yml has them all."
            )
        told = project["vars"] | given
        return Window(
            lookback=timedelta(days=float(told["lookback_days"])),
            is_cut_at_conversion=bool(told.get("new_journey_after_conversion")),
        )
    except (yaml.YAMLError, TypeError, ValueError, OverflowError) as error:
        raise ExplainError(f"These are no vars of the build: {variables}") from error


# the sections


def explanation(conversion: Conversion, window: Window) -> str:
    """Write the whole page."""
    page = Page()
    page.lines.append(
        f"Conversion {plain(conversion.conversion_id)} "
        f"of {plain(conversion.site['property'])}"
    )
    if conversion.settled and conversion.settled["is_refund"]:
        tell_refund(page, conversion.settled, conversion.site["currency"])
        return page.text()
    tell_sides(page, conversion)
    if conversion.settled is None:
        page.head("2. What counts")
        why = (
            "no row of it counts, for what is said above"
            if conversion.refused_later
            else "no row of it could be read as a conversion"
        )
        page.say(f"Nothing: {why}, so it is in no mart but fct_rejected_rows.")
        tell_rejected_journey(page, conversion)
        return page.text()
    tell_what_counts(page, conversion, conversion.settled)
    tell_journey(page, conversion, conversion.settled, window)
    tell_credits(page, conversion, conversion.settled)
    return page.text()


def tell_refund(page: Page, refund: Row, currency: str) -> None:
    """Tell what was paid back: a refund has no sides, no journey and no credit."""
    page.head("A refund")
    page.say(
        f"{refund['refunded_revenue']:.2f} {currency} paid back to user "
        f"{plain(refund['user_id'])} on {refund['conversion_date']}, at "
        f"{refund['converted_at']} UTC. It is no conversion: it counts nowhere, no "
        "session led to it, and it is taken from net_revenue on its own date."
    )


def tell_sides(page: Page, conversion: Conversion) -> None:
    """Section 1: the rows of the tracker and of the backend."""
    refused_sides = {row["side"] for row in conversion.refused_later}
    page.head("1. What the tracker said, and what the backend said")
    if conversion.tracked:
        page.say(f"The tracker, {counted(len(conversion.tracked), 'row')}:")
        tell_rows(page, conversion.tracked, conversion.site["currency"])
        page.say(why_tracked_row(conversion.tracked, conversion.site["has_backend"]))
    elif "tracker" in refused_sides:
        page.say("No row of the tracker counts.")
    elif conversion.site["has_tracking"]:
        page.say("The tracker has no row that can be read.")
    else:
        page.say("The property has no tracked conversions.")
    page.gap()
    if conversion.booked:
        page.say(f"The backend, {counted(len(conversion.booked), 'row')}:")
        tell_rows(page, conversion.booked, conversion.site["currency"])
        page.say(why_booked_row(conversion.booked))
    elif "backend" in refused_sides:
        page.say("No row of the backend counts.")
    elif conversion.site["has_backend"]:
        page.say("The backend has no row that can be read.")
    else:
        page.say("The property has no backend.")
    tell_refused(page, conversion.refused)
    tell_refused(page, conversion.refused_later, "Read, and then refused")


def tell_rows(page: Page, rows: list[Row], currency: str) -> None:
    """Show the staged rows of one side; a column that says nothing is left out."""
    columns: dict[str, list[Any]] = {
        ">row": [row["copy_number"] for row in rows],
        "table": [row.get("raw_table") for row in rows],
        "user_id": [row["user_id"] for row in rows],
        "day": [row["conversion_date"] for row in rows],
        "time": [row.get("converted_at_local") for row in rows],
        "market": [row["market"] for row in rows],
        ">revenue": [row["revenue"] for row in rows],
        "verdict": ["kept" if row["copy_number"] == 1 else "rejected" for row in rows],
    }
    told = {
        name: cells
        for name, cells in columns.items()
        if name == "user_id" or any(cell is not None for cell in cells)
    }
    page.table(told, "user_id", "market", "table")
    for row in rows:
        if exchanged := how_exchanged(row, currency):
            page.say(exchanged)


def how_exchanged(row: Row, currency: str) -> str | None:
    """Say what a row's amount was in its own currency, and at which rate it came."""
    if row["currency"] in (None, currency) or not row["raw_revenue"]:
        return None
    rate, own_rate = places(row["rate"], 10), places(row["own_rate"], 10)
    at = (
        f"{rate}, the rate that holds"
        if own_rate == "1"
        else (f"{rate} over {own_rate}, the rates that hold")
    )
    return (
        f"Row {row['copy_number']} came as {row['raw_revenue']:.2f} "
        f"{plain(row['currency'])}: at {at} on {row['conversion_date']}, that is "
        f"{row['revenue']:.2f} {currency}."
    )


def why_tracked_row(rows: list[Row], has_backend: bool) -> str:
    """Say why row 1 of the tracker stands for the conversion."""
    if len(rows) == 1:
        return "Kept: the only one."
    if rows[0]["is_as_booked"]:
        why = "it agrees with the backend on user and day"
        if rows[1]["is_as_booked"]:
            why += f", and {why_first(rows, 'the earliest')}"
    else:
        order = why_first(rows, "the earliest")
        why = f"none agrees with the backend, and {order}" if has_backend else order
    # as fct_rejected_rows says it
    keys = {
        "transaction_id" if row["raw_table"] == "events" else "conversion_id"
        for row in rows[1:]
    }
    return f"Row 1 is kept: {why}. Rejected: {' or '.join(sorted(keys))} is repeated."


def why_booked_row(rows: list[Row]) -> str:
    """Say why row 1 of the backend stands for the conversion."""
    if len(rows) == 1:
        return "Kept: the only one."
    why = why_first(rows, "that of the smallest revenue")
    return f"Row 1 is kept: {why}. Rejected: conversion_id is repeated."


def why_first(rows: list[Row], last_resort: str) -> str:
    """Say in what the first of several copies comes before the next.

    Args:
        rows: the copies, two at least, in their order.
        last_resort: which is kept of those of one user and day that nobody cancelled.
    """
    first, second = rows[:2]
    if first["user_id"] != second["user_id"]:
        return "it has the smallest user_id"
    if first["conversion_date"] != second["conversion_date"]:
        return "of those of the smallest user_id it has the earliest day"
    return (
        "of those of one user and day the first that was cancelled is kept, else "
        f"{last_resort}"
    )


def tell_refused(
    page: Page, rows: list[Row], when: str = "Refused as they were read"
) -> None:
    """Show the rows that were refused, as they came."""
    if rows:
        page.gap()
        page.say(f"{when}, now in fct_rejected_rows:")
    for row in rows:
        reason = row["rejection_reason"]
        if reason.endswith("is repeated"):
            reason += "; the first by all columns is kept"
        page.say(f"{row['raw_table']}: {reason}", label="- ")
        page.say(raw_text(row["raw_row"]), label="  ")


def raw_text(raw_row: str) -> str:
    """Write a raw row as its names and values; what is absent is left out."""
    return ", ".join(
        f"{name}: {plain(json.dumps(value, ensure_ascii=False))}"
        for name, value in json.loads(raw_row).items()
        if value is not None
    )


def tell_what_counts(page: Page, conversion: Conversion, settled: Row) -> None:
    """Section 2: status, user, day, time and revenue, each with its reason."""
    page.head("2. What counts")
    site = conversion.site
    if conversion.status is None:
        status = "none: there are no two sides to compare"
    else:
        status = f"{conversion.status}: {STATUSES.get(conversion.status, '')}"
    money = f"{settled['revenue']:.2f} {site['currency']}"
    facts = {
        "status": status.removesuffix(": "),
        "counted": why_counted(settled),
        "user": f"{plain(settled['user_id'])} ({whose(settled, 'user_id')})",
        "day": f"{settled['conversion_date']} ({whose(settled, 'date')})",
        "market": f"{plain(settled['market'])} ({whose(settled, 'market')})",
        "time T": f"{settled['converted_at']} UTC: "
        + why_time(settled, conversion.tracked, site["time_zone"]),
        "revenue": f"{money} ({whose(settled, 'revenue')})"
        if settled["is_counted"]
        else f"{money}: what is not booked is no revenue",
    }
    if not any(settled[side + "market"] for side in ("", "tracked_", "backend_")):
        del facts["market"]
    if settled["refunded_revenue"]:
        facts["refunded"] = f"{settled['refunded_revenue']:.2f} {site['currency']}"
    for label, value in facts.items():
        page.say(value, label=f"{label:<9}")


def whose(settled: Row, part: str) -> str:
    """Say whose word a part of a conversion is, and what the other side says."""
    if not settled["has_backend"]:
        return "the tracker's word, as there is no backend"
    if not settled["is_in_backend"]:
        return "the tracker's word, as the backend has none"
    tracked, booked = settled[f"tracked_{part}"], settled[f"backend_{part}"]
    if settled["is_tracked"] and tracked != booked:
        return f"the backend's word; the tracker says {plain(tracked)}"
    return "the backend's word"


def why_counted(settled: Row) -> str:
    """Say whether a conversion counts."""
    if not settled["is_counted"]:
        return "no: the backend has no row of it, and is not behind"
    if settled["is_awaiting_backend"]:
        return "yes, at the tracker's revenue until the backend's days reach this one"
    return "yes"


def why_time(settled: Row, tracked: list[Row], time_zone: str) -> str:
    """Say where the time T of a conversion comes from."""
    clock = (
        ""
        if time_zone == "UTC"
        else f" ({settled['converted_at_local']} in {plain(time_zone)})"
    )
    seen_at = tracked[0]["converted_at_local"] if tracked else None
    if seen_at is not None and seen_at.date() == settled["conversion_date"]:
        return f"the tracker's timestamp, on the day that counts{clock}"
    if seen_at is not None:
        why = f"the tracker's timestamp, {seen_at}, is on another day"
    elif tracked:
        why = "the tracker gives no time"
    else:
        why = "no tracker saw it"
    return f"the last microsecond of the day that counts{clock}, as {why}"


def tell_journey(
    page: Page, conversion: Conversion, settled: Row, window: Window
) -> None:
    """Section 3: where the touches come from, and what they are."""
    page.head("3. The journey")
    if conversion.site["has_provided_journeys"]:
        page.say(
            "Provided: the rows that the property's journey table has of this "
            "conversion, whoever the user is and however old the session."
        )
    else:
        tell_window(page, conversion, settled, window)
    if conversion.touches:
        tell_touches(page, conversion.touches, conversion.site["has_provided_journeys"])
    else:
        page.say(f"No touchpoint: {why_untouched(conversion, settled)}.")
    tell_late_touches(page, conversion.touches)
    tell_rejected_journey(page, conversion)


def tell_window(
    page: Page, conversion: Conversion, settled: Row, window: Window
) -> None:
    """Say which sessions the lookback takes, and how many it leaves out."""
    end: datetime = settled["converted_at"]
    begin = window.begin(end, conversion.previous_converted_at)
    user = settled["journey_user_id"]
    if user is None:
        page.say("From sessions, but the conversion has no user_id to look for.")
        return
    owner = "tracker" if settled["tracked_user_id"] is not None else "backend"
    page.say(
        f"From the sessions of user {plain(user)} (the {owner}'s user_id) within the "
        f"lookback of {places(Decimal(window.lookback / timedelta(days=1)), 6)} days:"
    )
    is_cut = begin == conversion.previous_converted_at and window.is_cut_at_conversion
    why = ", the user's conversion before" if is_cut else ""
    page.say(f"{begin} UTC{why}", label="after  ")
    page.say(f"{end} UTC, the time T", label="up to  ")
    early = [row for row in conversion.user_sessions if row["started_at"] <= begin]
    late = [row for row in conversion.user_sessions if row["started_at"] > end]
    page.say(
        f"Of the user's {counted(len(conversion.user_sessions), 'session')}, "
        f"{len(early)} began before the window and {len(late)} after it."
    )
    inside = [
        row["session_id"]
        for row in conversion.user_sessions
        if begin < row["started_at"] <= end
    ]
    if inside != [touch["session_id"] for touch in conversion.touches]:
        page.say(
            f"BUT that makes a journey of {len(inside)}, and the build has one of "
            f"{len(conversion.touches)}: it had other vars. "
            "Hand them over as it had them, such as VARS='{lookback_days: 30}'."
        )


def tell_touches(page: Page, touches: list[Row], is_provided: bool) -> None:
    """Show the touches in their order."""
    columns: dict[str, list[Any]] = {
        ">no.": [touch["touch_number"] for touch in touches],
        "touched_at (UTC)": [touch["touched_at"] for touch in touches],
        "session_id": [touch["session_id"] for touch in touches],
        "channel": [touch["channel"] for touch in touches],
    }
    if is_provided:
        columns[">weight"] = [places(touch["provided_weight"], 6) for touch in touches]
    columns["notes"] = [touch_notes(touch) for touch in touches]
    page.gap()
    page.table(columns, "session_id", "channel")


def touch_notes(touch: Row) -> str:
    """Say what is special about a touch."""
    notes = {
        "is_direct": "direct",
        "is_other_user": "other user",
        "is_after_conversion": "after T",
    }
    return ", ".join(note for name, note in notes.items() if touch[name])


def tell_late_touches(page: Page, touches: list[Row]) -> None:
    """Say what became of the touches after the conversion."""
    for touch in touches:
        if touch["is_after_conversion"]:
            page.say(
                f"Touch {touch['touch_number']} began at {touch['started_at']}, after "
                "the conversion: it counts as at T."
            )


def why_untouched(conversion: Conversion, settled: Row) -> str:
    """Say why no session led to a conversion."""
    if conversion.site["has_provided_journeys"]:
        if conversion.journey_rows or conversion.refused_journey_rows:
            return "every journey row of it was rejected"
        return "the journey table has no row of it"
    if settled["journey_user_id"] is None:
        return "nobody's sessions can be told to be this buyer's"
    if not conversion.user_sessions:
        return "the user has no session"
    return "no session of the user began in that time"


def tell_rejected_journey(page: Page, conversion: Conversion) -> None:
    """Show the journey rows that lead nowhere or could not be read."""
    strays = [row for row in conversion.journey_rows if row["rejection_reason"]]
    if strays:
        page.gap()
        page.say("Journey rows that were rejected:")
        page.table(
            {
                "session_id": [row["session_id"] for row in strays],
                ">weight": [places(row["provided_weight"], 6) for row in strays],
                "reason": [row["rejection_reason"] for row in strays],
            },
            "session_id",
        )
    tell_refused(page, conversion.refused_journey_rows)


def tell_credits(page: Page, conversion: Conversion, settled: Row) -> None:
    """Section 4: what each touch earns under each model."""
    page.head("4. What each touch earns")
    if not settled["is_counted"]:
        page.say("Nothing: what does not count has no credit in any model.")
        return
    # gross or net, by var credit_revenue
    revenue, currency = settled["credit_revenue"], conversion.site["currency"]
    if not conversion.touches:
        page.say(
            f"All of its {revenue:.2f} {currency} stands under (no touchpoint), as "
            "touch 0: nobody earned it, and it is not lost."
        )
    else:
        page.say(
            "running share: the part that the touches up to this one have of all "
            f"weights, to 12 places. x {cents_of(revenue)}: as much of the revenue's "
            "cents. cents: that number rounded, half a cent upwards, less the one "
            "before."
        )
    for model, rows in conversion.credits.items():
        if conversion.touches:
            page.lines += ["", f"  {model}"]
            tell_model(page, model, conversion.touches, rows, cents_of(revenue))
        page.say(sum_of(model, rows, revenue, currency))


def tell_model(
    page: Page, model: str, touches: list[Row], rows: list[Row], cents: int
) -> None:
    """Show the way from weights to cents under one model, and redo the rounding."""
    by_number = {row["touch_number"]: row for row in rows}
    earned = [by_number.get(touch["touch_number"]) for touch in touches]
    parts = [row["credit_share"] if row else Decimal(0) for row in earned]
    credited = [cents_of(row["credited_revenue"]) if row else 0 for row in earned]
    running = running_shares(model, touches, parts)
    products = [exact_product(share, cents) for share in running]
    rounded = [rounded_half_up(product) for product in products]
    columns: dict[str, list[Any]] = {
        ">no.": [touch["touch_number"] for touch in touches] + ["sum"],
        "channel": [touch["channel"] for touch in touches] + [""],
    }
    weights = stored_weights(model, touches)
    if weights:
        with localcontext(prec=60):
            so_far = [places(weight, 6) for weight in accumulate(weights)]
        columns[">weight"] = [places(weight, 6) for weight in weights] + [so_far[-1]]
        columns[">running"] = [*so_far, ""]
    columns |= {
        ">share": [*parts, sum(parts)],
        ">running share": [f"{share:.12f}" for share in running] + [""],
        f">x {cents}": [places(product, 12) for product in products] + [""],
        ">rounded": [*rounded, ""],
        ">cents": [*credited, sum(credited)],
    }
    if weights:
        # no room for both: the weights say the same
        columns[">running share"][-1] = columns.pop(">share")[-1]
    page.table(columns, "channel")
    if weights and not any(weights):
        page.say("The weights sum to 0 and say nothing: the journey is shared evenly.")
    steps = [now - before for now, before in zip(rounded, [0, *rounded], strict=False)]
    if steps != credited:
        page.say(f"BUT the rounded cents have steps of {steps}: please report it.")


def stored_weights(model: str, touches: list[Row]) -> list[Decimal]:
    """Take the weights of a model where the build stored them; else there are none."""
    column = f"{model}_model_weight"
    if column not in touches[0]:
        return []
    return [touch[column] or Decimal(0) for touch in touches]


def running_shares(
    model: str, touches: list[Row], parts: list[Decimal]
) -> list[Decimal]:
    """Take the running shares that the build stored, else add up those of credits."""
    stored = [touch.get(f"{model}_share_so_far") for touch in touches]
    return stored if None not in stored else list(accumulate(parts))


def sum_of(model: str, rows: list[Row], revenue: Decimal, currency: str) -> str:
    """Say whether the credits of a model add up to the conversion."""
    share = sum((row["credit_share"] for row in rows), Decimal(0))
    credited = sum((row["credited_revenue"] for row in rows), Decimal(0))
    told = f"{model}: share {places(share, 12)}, {credited:.2f} {currency}"
    if share == 1 and credited == revenue:
        return f"{told}, the revenue to the cent."
    return f"{told}, BUT the revenue is {revenue:.2f}: please report it."


def cents_of(amount: Decimal) -> int:
    """Write an amount in cents."""
    return int(amount.scaleb(2))


def exact_product(share: Decimal, cents: int) -> Decimal:
    """Multiply without rounding: 13 digits by 18 are more than Python keeps unasked."""
    with localcontext(prec=60):
        return share * cents


def rounded_half_up(value: Decimal) -> int:
    """Round to a whole number, half upwards, as macro cents_of_share does."""
    with localcontext(prec=60):
        return int((value + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("id", help="conversion_id")
    parser.add_argument("--property", help="which property's, if several have the id")
    parser.add_argument("--model", help="only this attribution model")
    parser.add_argument("--vars", default="", help="the vars that the build had")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; the exit code is 1 where nothing can be explained."""
    options = parsed(arguments)
    conversion_id = options.id.strip()
    try:
        if not conversion_id:
            raise ExplainError("Name a conversion: make explain ID=conv_id_123")
        with opened() as conn:
            site = chosen_property(conn, conversion_id, options.property)
            models = chosen_models(conn, site, options.model)
            conversion = read_conversion(conn, site, conversion_id, models)
        print(explanation(conversion, window_of(options.vars)))
    except ExplainError as error:
        print(error, file=sys.stderr)
        return 1
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        print(f"{reason} (run make build first?)", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
