"""Open a file of JSON lines: a record each, every value as text.

A nested value (a list, a record) is its JSON text.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from raw_data.common import (
    EMPTY,
    MalformedLine,
    RawDataError,
    Relation,
    named_columns,
    quoted_text,
)
from raw_data.declared import Place
from raw_data.encoding import opened

RECORD = "{"
LARGEST = 64 << 20  # bytes of a record


def json_relation(
    conn: duckdb.DuckDBPyConnection, place: Place, path: Path
) -> Relation:
    """Open a file with a JSON record in each line, or one array of records."""
    with opened(path) as file:
        is_array = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    options = (
        f"{quoted_text(str(path))}, maximum_object_size = {LARGEST}, "
        f"format = '{'array' if is_array else 'newline_delimited'}'"
    )
    ignoring = "" if is_array else ", ignore_errors = true"
    objects = f"read_json_objects({options}{ignoring})"
    try:
        counted = conn.execute(
            "select count(*) filter (json_type(json) is distinct from 'OBJECT') "
            f"from {objects}"
        ).fetchall()
        names = conn.execute(
            "with records as (select json_keys(json) as names from "
            f"{objects} where json_type(json) = 'OBJECT') "
            "select name from (select unnest(names) as name from records) "
            "group by name order by name"
        ).fetchall()
    except (duckdb.Error, OSError):
        raise RawDataError(
            f"{place.site}: {path} is neither lines of JSON records nor an array of "
            "them. Export it again, one record in each line."
        ) from None
    # DuckDB reads no field without a name, and no column is called so
    labels = [name for (name,) in names if name]
    if not labels:
        return Relation(EMPTY, str(path), malformed=malformed_lines(path))
    columns = ", ".join(f"{quoted_text(label)}: 'VARCHAR'" for label in labels)
    sql = f"read_json({options}{ignoring}, records = true, columns = {{{columns}}})"
    malformed: tuple[MalformedLine, ...] = ()
    if counted[0][0]:
        malformed = malformed_lines(path)
        # what is no record reads as a row of nulls
        sql = (
            f"(from {sql} where coalesce({', '.join(map(quoted, labels))}) is not null)"
        )
    return Relation(
        sql, str(path), named_columns(place.site, str(path), labels, labels), malformed
    )


def quoted(label: str) -> str:
    """Quote the name of a column."""
    return '"' + label.replace('"', '""') + '"'


def malformed_lines(path: Path) -> tuple[MalformedLine, ...]:
    """List the lines of a file that are no JSON record."""
    found = []
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            text = line.decode("utf-8-sig", errors="replace").rstrip("\r\n")
            if text.strip() and (problem := problem_of(text)):
                found.append(MalformedLine(number, text, "json", problem))
    return tuple(found)


def problem_of(text: str) -> str | None:
    """Say why a line is no JSON record; null where it is one."""
    try:
        is_record = isinstance(json.loads(text), dict)
    except ValueError:
        return "it is not JSON"
    return None if is_record else "it is JSON, but no record"
