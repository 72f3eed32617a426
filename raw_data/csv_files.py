"""Open a CSV file, and find the lines of it that are no row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
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
from raw_data.encoding import LATIN_1, blocks, copied, opened, surveyed

SEPARATORS = ",;\t|"
# how databases write that there is no value
NO_VALUE = ("", "NULL", "\\N")
# in how many rows below the first a header is looked for
TITLE_ROWS = 5
REJECTS = (
    "store_rejects = true, rejects_table = 'malformed', rejects_scan = 'malformed_scan'"
)
# where threads read a part of a file each, DuckDB (1.5.5) drops all of a part that
# begins with a malformed line, and gives up where quotes leave open what a line is
ALONE = "parallel = false"


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
    has_quotes, may_be_open = quotes_in(readable, separator.encode(encoding, "replace"))
    alone = f"{options}, {ALONE}"
    scan = f"{options}, {in_one_part(readable, encoding)}" if may_be_open else alone
    try:
        malformed, header_count = malformed_lines(conn, scan, is_header)
        where = f" where not ({is_header})" if header_count else ""
        sql = f"read_csv({alone if has_quotes else options})"
        if malformed:
            sql = well_formed_copy(conn, scan, where)
        elif where:
            sql = f"(from {sql}{where})"
    except duckdb.OutOfMemoryException as error:
        raise RawDataError(
            f"{place.site}: {path} needs more memory than there is "
            f"({first_line(error)}). It may end within a quote, or has very many "
            "malformed lines. Mend it, or make it a folder of smaller files."
        ) from None
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
    scanned = conn.execute(
        f"select count(*) filter (where {is_header}), count(columns(*)) "
        f"from read_csv({options}, {REJECTS})"
    ).fetchall()
    # a line with many fields too many is wrong at each of them, and still one line
    first = "(byte_position, error_message)"
    lines = conn.execute(
        "select any_value(line), ltrim(any_value(csv_line), e'\\r\\n'), "
        f"arg_min(lower(error_type), {first}), arg_min(error_message, {first}) "
        "from malformed group by line_byte_position order by line_byte_position"
    ).fetchall()
    drop_rejects(conn)
    return tuple(MalformedLine(*line) for line in lines), scanned[0][0]


def quotes_in(path: Path, separator: bytes) -> tuple[bool, bool]:
    """Tell whether a file has quotes, and whether one may still be open at its end.

    None is where the last quote that stands alone, not in a pair, ends a value.
    """
    # DuckDB passes over spaces before a quote, and takes a value on after them: "a" "b
    starts = (b"\n", b"\r", b" ", separator)
    has_quotes = may_be_open = False
    pending = b"\n"
    for block in chain(blocks(path), [b""]):
        text = pending + block
        # what is cut is no pair of quotes, and keeps what stands before them
        end = len(text.rstrip(b'"')) - 1 if block else len(text)
        text, pending = text[:end], text[end:]
        has_quotes = has_quotes or b'"' in text
        before, quote, _ = text.replace(b'""', b"").rpartition(b'"')
        if quote:
            may_be_open = before.endswith(starts)
    return has_quotes, may_be_open


def in_one_part(path: Path, encoding: str) -> str:
    """Write that a file is to be read as a whole, at the price of its size in memory.

    Only so does DuckDB (1.5.5) tell of a quote that is still open at the end, and read
    what is before it as it is written.
    """
    with opened(path) as file:
        size = file.seek(0, io.SEEK_END)
    if encoding == LATIN_1:
        size *= 2  # what a character may take in UTF-8, which DuckDB makes of it
    return f"buffer_size = {size + 1}"


def well_formed_copy(conn: duckdb.DuckDBPyConnection, options: str, where: str) -> str:
    """Copy the rows of a CSV file that has malformed lines; returns the copy's name.

    Only a scan with `store_rejects` keeps every good row: `ignore_errors` alone also
    drops good rows that follow a stray quote (DuckDB 1.5.5).
    """
    count = conn.execute(
        "select count(*) from duckdb_tables() where database_name = 'raw'"
    ).fetchall()[0][0]
    name = f"raw.main.well_formed_{count}"
    conn.execute(f"create table {name} as from read_csv({options}, {REJECTS}){where}")
    drop_rejects(conn)
    return name


def drop_rejects(conn: duckdb.DuckDBPyConnection) -> None:
    """Drop what a scan with `store_rejects` noted."""
    conn.execute("drop table malformed; drop table malformed_scan")
