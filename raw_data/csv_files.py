"""Open a CSV file, and find the lines of it that are no row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import duckdb

from raw_data.common import (
    EMPTY,
    MalformedLine,
    RawDataError,
    Relation,
    TextFile,
    file_source,
    first_line,
    named_columns,
    plain,
    quoted_name,
    quoted_text,
)
from raw_data.declared import Place
from raw_data.encoding import LATIN_1, copied, opened, surveyed

SEPARATORS = ",;\t|"
# how databases write that there is no value
NO_VALUE = ("", "NULL", "\\N")
# in how many rows below the first a header is looked for
TITLE_ROWS = 5
REJECTS = (
    "store_rejects = true, rejects_table = 'malformed', rejects_scan = 'malformed_scan'"
)
# in parallel, thousands of malformed lines make DuckDB 1.5.5 lose some, and good rows;
# in one thread it does not tell of a quote that is still open at the end
ALONE = f"{REJECTS}, parallel = false"


def csv_relation(conn: duckdb.DuckDBPyConnection, place: Place, path: Path) -> Relation:
    """Open a CSV file, every column as text.

    The header alone decides separator and columns, so that no value, and no row with a
    field too many, can change how the file is read. Lines that are no row of it are
    looked for once, here, with DuckDB's own account of what is wrong.
    """
    survey = surveyed(place.site, path, place.encoding)
    file = TextFile(path.name, survey.encoding, survey.nul_bytes)
    readable = path if survey.is_in_place else copied(path, survey)
    encoding = LATIN_1 if survey.is_in_place and survey.encoding == LATIN_1 else "utf-8"
    header, separator = read_header(place, path, readable, encoding)
    if not header:
        return Relation(EMPTY, str(path), file=file)
    names = [f"{number}_{plain(name)}" for number, name in enumerate(header)]
    options = (
        f"{file_source(readable)}, header = true, auto_detect = false, "
        f"delim = {quoted_text(separator)}, quote = '\"', escape = '\"', "
        f"encoding = '{encoding}', "
        f"nullstr = [{', '.join(map(quoted_text, NO_VALUE))}], "
        f"columns = {{{', '.join(f'{quoted_text(name)}: text' for name in names)}}}"
    )
    columns = named_columns(place.site, str(path), header, names)
    # a file that was glued together from several has their headers among its rows
    is_header = " and ".join(
        f"{quoted_name(name)} is not distinct from "
        f"{'null' if label in NO_VALUE else quoted_text(label)}"
        for name, label in zip(names, header, strict=True)
    )
    try:
        malformed, header_count = malformed_lines(conn, options, is_header)
        where = f" where not ({is_header})" if header_count else ""
        sql = f"(from read_csv({options}){where})" if where else f"read_csv({options})"
        if malformed:
            sql = well_formed_copy(conn, options, where)
    except duckdb.Error as error:
        raise RawDataError(
            f"{place.site}: {path} cannot be read as CSV ({first_line(error)}). Look "
            "for line ends of several kinds, or export it again."
        ) from None
    repeats = MalformedLine(
        None, separator.join(header), "header", "it is the header again"
    )
    return Relation(
        sql, str(path), columns, (*malformed, *(repeats,) * header_count), file
    )


def read_header(
    place: Place, path: Path, readable: Path, encoding: str
) -> tuple[list[str], str]:
    """Read the header of a CSV file, and the separator; nothing of an empty file."""
    with text_of(readable, encoding) as file:
        head = file.readline()
        if not head.strip():
            if any(line.strip() for line in file):
                raise RawDataError(
                    f"{place.site}: {path} begins with an empty line instead of its "
                    "header. Remove that line."
                )
            return [], ","
        separator = place.separator or likely_separator(head)
        file.seek(0)
        try:
            header = next(csv.reader(file, delimiter=separator, strict=True))
        except csv.Error:
            raise RawDataError(
                f"{place.site}: the header of {path} has a quote that does not end. "
                "Mend its first line."
            ) from None
    return header, separator


def likely_separator(line: str) -> str:
    """Tell what separates the names of a header; what is quoted separates nothing."""
    return max(SEPARATORS, key=re.sub(r'"[^"]*("|$)', "", line).count)


def text_of(path: Path, encoding: str) -> TextIO:
    """Open a text file, packed with gzip or not."""
    return io.TextIOWrapper(
        opened(path),
        encoding="utf-8-sig" if encoding == "utf-8" else encoding,
        newline="",
    )


def lower_headers(place: Place, path: Path) -> Iterator[tuple[int, list[str]]]:
    """List what may be the header below a title: rows 2 and following, as names."""
    survey = surveyed(place.site, path, place.encoding)
    with text_of(path, survey.encoding) as file:
        lines = [file.readline().replace("\0", "") for _ in range(TITLE_ROWS + 1)]
    for number, line in enumerate(lines[1:], start=2):
        separator = place.separator or likely_separator(line)
        for names in csv.reader([line], delimiter=separator):
            yield number, [plain(name) for name in names]


def malformed_lines(
    conn: duckdb.DuckDBPyConnection, options: str, is_header: str
) -> tuple[tuple[MalformedLine, ...], int]:
    """List the lines of a CSV file that are no row, and count repeats of its header."""
    lines, header_count = rejected_lines(conn, f"{options}, {REJECTS}", is_header)
    if lines:
        alone, header_count = rejected_lines(conn, f"{options}, {ALONE}", is_header)
        last = max(alone, default=-1)
        at_end = {place: line for place, line in lines.items() if place > last}
        lines = alone | at_end
    return tuple(MalformedLine(*lines[place]) for place in sorted(lines)), header_count


def rejected_lines(
    conn: duckdb.DuckDBPyConnection, options: str, is_header: str
) -> tuple[dict[int, tuple], int]:
    """Scan a CSV file; returns rejected lines by their place, and counts headers."""
    scanned = conn.execute(
        f"select count(*) filter (where {is_header}), count(columns(*)) "
        f"from read_csv({options})"
    ).fetchall()
    # a line with many fields too many is wrong at each of them, and still one line
    first = "(byte_position, error_message)"
    lines = conn.execute(
        "select line_byte_position, any_value(line), any_value(csv_line), "
        f"arg_min(lower(error_type), {first}), arg_min(error_message, {first}) "
        "from malformed group by line_byte_position"
    ).fetchall()
    drop_rejects(conn)
    return {place: line for place, *line in lines}, scanned[0][0]


def well_formed_copy(conn: duckdb.DuckDBPyConnection, options: str, where: str) -> str:
    """Copy the rows of a CSV file that has malformed lines; returns the copy's name.

    Only a scan with `store_rejects` keeps every good row: `ignore_errors` alone also
    drops good rows that follow a stray quote (DuckDB 1.5.5).
    """
    count = conn.execute(
        "select count(*) from duckdb_tables() where database_name = 'raw'"
    ).fetchall()[0][0]
    name = f"raw.main.well_formed_{count}"
    conn.execute(f"create table {name} as from read_csv({options}, {ALONE}){where}")
    drop_rejects(conn)
    return name


def drop_rejects(conn: duckdb.DuckDBPyConnection) -> None:
    """Drop what a scan with `store_rejects` noted."""
    conn.execute("drop table malformed; drop table malformed_scan")
