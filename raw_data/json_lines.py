"""Open a file of JSON lines: a record each, every value as text.

A nested value (a list, a record) is its JSON text. A whole number has no point, as in
other kinds of files, and NaN is null; what is in quotes stays as it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb

from raw_data.common import (
    MalformedLine,
    RawDataError,
    Relation,
    TextFile,
    file_source,
    named_columns,
    quoted_name,
    quoted_text,
)
from raw_data.declared import Place
from raw_data.encoding import (
    HEAD,
    blocks,
    copied,
    is_plain_utf8,
    name_of_copy,
    opened,
    surveyed,
)
from raw_data.formats import number_sql

LARGEST = 64 << 20  # bytes of a record
AT_ONCE = 1_000  # lines that are judged together

Lines = Iterator[tuple[int | None, str]]
# the type of a JSON value, null for what is none, and the names of its fields
Kind = tuple[str | None, list[str]]


def json_relation(
    conn: duckdb.DuckDBPyConnection, place: Place, path: Path
) -> Relation:
    """Open a file with a JSON record in each line, or one array of records.

    DuckDB alone tells what is a record. It reads the file where it lies; only if it
    meets something else does it get the records alone, so that it never has to skip.
    """
    survey = surveyed(place.site, path, place.encoding)
    readable = path if is_plain_utf8(path, survey) else copied(path, survey)
    with opened(readable) as file:
        is_array = file.read(HEAD).lstrip().startswith(b"[")
    if is_array and not is_closed(readable):
        raise no_records(place, path)
    options = options_of(readable, "array" if is_array else "newline_delimited")
    malformed: list[MalformedLine] = []
    try:
        try:
            kinds = kinds_of(conn, options)
        except duckdb.Error:
            if is_array:
                raise
            kinds = [(None, [])]
        if any(problem_of(kind) for kind in kinds):
            lines = elements(conn, options) if is_array else lines_of(readable)
            options = options_of(
                records_alone(conn, lines, malformed), "newline_delimited"
            )
            kinds = kinds_of(conn, options)
    except duckdb.Error:
        raise no_records(place, path) from None
    # DuckDB reads no field without a name, and no column is called so
    labels = sorted({name for _, names in kinds for name in names if name})
    columns = named_columns(place.site, str(path), labels, labels)
    numbers = numbers_in(conn, options, labels) if labels else frozenset()
    return Relation(
        # records without a field are rows, too
        texts_sql(options, labels, numbers)
        if labels
        else f"read_json_objects({options})",
        str(path),
        columns,
        tuple(malformed),
        TextFile(path.name, survey.encoding, survey.nul_bytes, has_header=False),
        numbers,
    )


def is_closed(path: Path) -> bool:
    """Tell whether an array ends; DuckDB (1.5.5) lets it break off after a comma."""
    last = b""
    for block in blocks(path):
        last = block.rstrip() or last
    return last.endswith(b"]")


def no_records(place: Place, path: Path) -> RawDataError:
    """Say that a file is not the JSON that can be read."""
    return RawDataError(
        f"{place.site}: {path} is neither lines of JSON records nor an array of them. "
        "Export it again, one record in each line."
    )


def options_of(path: Path, form: str) -> str:
    """Write how DuckDB is to read a file of JSON."""
    return f"{file_source(path)}, maximum_object_size = {LARGEST}, format = '{form}'"


def kinds_of(conn: duckdb.DuckDBPyConnection, options: str) -> list[Kind]:
    """List the kinds of values in a file of JSON, each once."""
    return conn.execute(
        "select distinct json_type(json), json_keys(json) "
        f"from read_json_objects({options})"
    ).fetchall()


def numbers_in(
    conn: duckdb.DuckDBPyConnection, options: str, labels: list[str]
) -> frozenset[str]:
    """List the fields that hold numbers (NaN is one), in one record at least."""
    # most values end with a quote, which is quickly seen
    flags = ", ".join(
        f"bool_or(case when not ends_with({quoted_name(label)}::text, '\"') "
        f"then regexp_matches({quoted_name(label)}::text, '^[-0-9nNiI]') end)"
        for label in labels
    )
    scan = records_sql(options, dict.fromkeys(labels, "JSON"))
    (found,) = conn.execute(f"select {flags} from {scan}").fetchall()
    return frozenset(
        label for label, has_numbers in zip(labels, found, strict=True) if has_numbers
    )


def records_sql(options: str, types: dict[str, str]) -> str:
    """Write the scan of records, each field in the type that it is to be read as."""
    columns = ", ".join(
        f"{quoted_text(label)}: '{data_type}'" for label, data_type in types.items()
    )
    return f"read_json({options}, records = true, columns = {{{columns}}})"


def texts_sql(options: str, labels: list[str], numbers: frozenset[str]) -> str:
    """Write the scan of records, every value as text.

    Args:
        options: how DuckDB is to read the file.
        labels: the fields.
        numbers: those that hold numbers. As text DuckDB reads `"1.0"` and `1.0` alike,
            so these are read as JSON.
    """
    scan = records_sql(
        options, {label: "JSON" if label in numbers else "VARCHAR" for label in labels}
    )
    if not numbers:
        return scan
    texts = ", ".join(
        f"{text_sql(quoted_name(label))} as {quoted_name(label)}"
        for label in sorted(numbers)
    )
    return f"(select * replace ({texts}) from {scan})"


def text_sql(value: str) -> str:
    """Write the SQL of a JSON value as text; integers keep all of their digits."""
    written = f"{value}::text"
    return (
        f"case when starts_with({written}, '\"') then {value}->>'$' "
        f"when ends_with({written}, '.0') or lower({written}) in ('nan', '-nan') "
        f"then {number_sql(f'{written}::double')} else {written} end"
    )


def problem_of(kind: Kind) -> str | None:
    """Say why a line is no JSON record that can be read; null where it is one."""
    json_type, names = kind
    if json_type is None:
        return "it is not JSON"
    if json_type != "OBJECT":
        return "it is JSON, but no record"
    is_clear = len(set(names)) == len(names)
    return None if is_clear else "it is a record that names a field twice"


def lines_of(path: Path) -> Lines:
    """List the lines of a UTF-8 file that are not empty, with their numbers."""
    with opened(path) as file:
        for number, line in enumerate(file, start=1):
            text = line.decode().rstrip("\r\n")
            if text.strip():
                yield number, text


def elements(conn: duckdb.DuckDBPyConnection, options: str) -> Lines:
    """List the elements of an array, a line each."""
    found = conn.cursor().execute(
        f"select replace(json, chr(10), ' ') from read_json_objects({options})"
    )
    while rows := found.fetchmany(AT_ONCE):
        for (text,) in rows:
            yield None, text


def records_alone(
    conn: duckdb.DuckDBPyConnection, lines: Lines, malformed: list[MalformedLine]
) -> Path:
    """Copy the lines that are JSON records, and note the others as malformed."""
    copy = name_of_copy("records.jsonl")
    with copy.open("w", encoding="utf-8", newline="\n") as file:
        while batch := list(islice(lines, AT_ONCE)):
            kinds = conn.execute(
                "select json_type(record), json_keys(record) from (select case "
                "when json_valid(line) then line end as record "
                "from (select unnest(string_split(?, chr(10))) as line))",
                ["\n".join(text for _, text in batch)],
            ).fetchall()
            for (number, text), kind in zip(batch, kinds, strict=True):
                if problem := problem_of(kind):
                    malformed.append(MalformedLine(number, text, "json", problem))
                else:
                    file.write(f"{text}\n")
    return copy
