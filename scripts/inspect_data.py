"""Look at raw data nobody has seen, and propose how to read it.

    python scripts/inspect_data.py exports/ --property my_shop
    python scripts/inspect_data.py exports/ --property my_shop --write

Shows every table and column of a folder, a file, a SQLite file or an `env:NAME`
PostgreSQL server, proposes which is which of the input contract, says what is missing
for which mart, and prints the var and the command to run. With `--write` it puts the
property's rows into seeds/mappings/column_mapping.csv and properties.csv. The data is
only read.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

from inspection.proposing import Answers, proposed
from inspection.reading import InspectError, read_place
from inspection.telling import (
    Owner,
    command,
    header_with,
    property_row,
    replace_rows,
    rows_of,
    told_proposal,
    told_tables,
    var_raw,
)
from publish import PROJECT
from raw_data import RawDataError
from raw_data.catalogue import known_time_zones
from raw_data.declared import declared_layouts, likely

MAPPINGS = PROJECT / "seeds" / "mappings"
# as marts have it: a code of three letters, in whatever case
CURRENCY = re.compile("[A-Za-z]{3}")


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="a folder, a file, or env:NAME")
    parser.add_argument("--property", default="my_shop", help="what to call the shop")
    parser.add_argument("--write", action="store_true", help="write the mapping")
    parser.add_argument("--time-zone", help="clock of times without an offset")
    parser.add_argument("--currency", help="currency of amounts that name none")
    parser.add_argument("--dates", choices=["d/m", "m/d"], help="what 3/4/2024 is")
    parser.add_argument("--booked", help="the table that holds the booked orders")
    parser.add_argument("--encoding", help="encoding of CSV files")
    parser.add_argument("--separator", help="what separates the values of CSV files")
    parser.add_argument("--schema", help="schema of a PostgreSQL database")
    parser.add_argument("--mappings", type=Path, default=MAPPINGS, help="the seeds")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; the exit code is 1 where nothing can be proposed."""
    options = parsed(arguments)
    try:
        return inspect(options)
    except (InspectError, RawDataError) as error:
        print(getattr(error, "msg", str(error)), file=sys.stderr)
        return 1


def inspect(options: argparse.Namespace) -> int:
    """Look, propose, print, and write if that is wanted; returns the exit code."""
    seeds = options.mappings
    before = property_row(seeds / "properties.csv", options.property)
    owner = Owner(options.property, options.time_zone, options.currency, before)
    answers = Answers(options.booked, options.dates)
    layouts = declared_layouts()
    with duckdb.connect() as conn:
        zones = known_time_zones(conn)
        if owner.time_zone and owner.time_zone not in zones:
            guess = likely(owner.time_zone, zones)
            raise InspectError(f"{owner.time_zone!r} is no time zone{guess or '.'}")
        if owner.currency and not CURRENCY.fullmatch(owner.currency):
            raise InspectError(
                f"CURRENCY={owner.currency} is no currency. Write its ISO code, such "
                "as EUR."
            )
        look = read_place(
            conn,
            options.data,
            encoding=options.encoding,
            separator=options.separator,
            schema=options.schema,
        )
        proposal = proposed(conn, look, layouts, answers)
    print(f"{options.data}: {len(look.tables)} tables")
    print("\n".join(told_tables(proposal)))
    print("\n".join(told_proposal(proposal, layouts, owner)))
    if not proposal.matches and not proposal.known:
        print("\nNone of these is a table that marts could be made of.")
        return 1
    rows = rows_of(proposal, owner)
    shown = {"column_mapping.csv": rows.mapping, "properties.csv": rows.properties}
    if options.write:
        for name, new in shown.items():
            replace_rows(seeds / name, options.property, new)
    print("\nWritten" if options.write else "\nWRITE=1 would write")
    for name, new in shown.items():
        print(f"  seeds/mappings/{name}")
        header = header_with(seeds / name, new)
        for row in new:
            print("    " + ",".join(quoted(row.get(column, "")) for column in header))
    print("\nThen run\n")
    print(f"  {command(var_raw(proposal, layouts, options.property))}")
    return 0


def quoted(value: str) -> str:
    """Write a value as a CSV file has it."""
    return f'"{value}"' if "," in value else value


if __name__ == "__main__":
    sys.exit(main())
