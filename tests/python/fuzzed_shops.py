"""Shops whose raw files are damaged at random, and what must come of each row of them.

A case is a shop in one of the layouts, written in one of the forms that files have, and
a list of damages done to it. It says all of itself, so that one that has failed can be
kept.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from fuzzed_values import (
    COLUMNS,
    EXTRA_NAMES,
    MOMENTS,
    MONEY,
    TEXTS,
    VALUES,
    key_of,
    spec_of,
)
from raw_data.declared import LOCAL_CLOCK, declared_layouts

LAYOUTS = declared_layouts()
Text = str | None
Row = dict[str, Text]

FORMS = ("csv", "csv", "csv", "jsonl", "parquet", "sqlite")


@dataclass(frozen=True)
class Damage:
    """One thing done to a table: `what` names it, the rest says where and how."""

    what: str
    table: str
    column: str = ""
    row: int = 0
    value: str = ""


@dataclass(frozen=True)
class Case:
    """A shop: its layout, the seed of its sound rows, its form, what is done to it."""

    layout: str
    seed: int
    form: str
    damages: tuple[Damage, ...] = ()


@dataclass
class Sheet:
    """One table on its way into a file.

    Attributes:
        columns: plain names in the order of the file.
        rows: their values; each row may be of any columns.
        labels: what the file calls a column that it does not call by its plain name.
        types: what a column is declared as, in Parquet and SQLite.
        lines: raw lines, each before the row of its number.
        options: encoding, separator and line end of a CSV file.
    """

    columns: list[str]
    rows: list[Row]
    labels: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[int, str]] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    twin: str = ""


@dataclass(frozen=True)
class Written:
    """A table as it was written.

    `rows` is what a reader sees, beside so many lines that are no row. `is_exact` says
    that it sees just that: a stray quote, or values that each reader spells in its own
    way, leave it open.
    """

    rows: list[Row]
    is_exact: bool = True
    malformed: int = 0


# --- sound rows ----------------------------------------------------------------------


def sound_value(draw: random.Random, kind: str, places: str, number: int) -> Text:
    """Draw a value that nobody would refuse."""
    day = f"2023-05-{draw.randrange(1, 29):02d}"
    time = f"{draw.randrange(24):02d}:{draw.randrange(60):02d}:00"
    money = f"{draw.randrange(100_000) / 100:.2f}"
    choices: dict[str, Callable[[], Text]] = {
        "day": lambda: day,
        "time": lambda: draw.choice([time, time, None]),
        "moment": lambda: f"{day} {time}",
        "money": lambda: money + ("25" if places == "6" else ""),
        "click": lambda: f"{money}25",
        "whole": lambda: str(draw.randrange(1, 9)),
        "weight": lambda: draw.choice(["0.5", "0.25", "1", None]),
        "flag": lambda: draw.choice(["1", "0", None]),
        "text": lambda: draw.choice(["Mail", "Café", "phone", "DE", None]),
        "uid": lambda: str(draw.choice([17, 18, 10**19 + draw.randrange(5)])),
        "micros": lambda: str(1_683_000_000_000_000 + draw.randrange(10**12)),
        "event": lambda: draw.choice(["page_view", "page_view", "purchase"]),
        "params": lambda: json.dumps([session_parameter(draw)]),
        "purchase": lambda: json.dumps(
            {"transaction_id": f"k{number}", "purchase_revenue": float(money)}
        ),
        "device": lambda: '{"category": "mobile"}',
        "geo": lambda: '{"country": "Germany"}',
        "url": lambda: "https://shop.example/?utm_source=google&utm_medium=cpc",
        "currency": lambda: draw.choice(["EUR", None]),
        "paid": lambda: "paid",
    }
    return choices[kind]() if kind in choices else f"{kind}{draw.randrange(12)}"


def session_parameter(draw: random.Random) -> dict[str, object]:
    """Draw the parameter that says which session of its visitor an event is of."""
    return {"key": "ga_session_id", "value": {"int_value": draw.randrange(3)}}


def sound_sheets(case: Case) -> dict[str, Sheet]:
    """Draw the sound rows of a shop."""
    draw = random.Random(case.seed)
    # who came is told by sessions or by page views, not by both
    left_out = draw.choice(["page_views", "page_views", "sessions"])
    sheets = {}
    for table, columns in COLUMNS[case.layout].items():
        if table == left_out:
            continue
        key = key_of(case.layout, table)
        rows = []
        for number in range(draw.randrange(6, 14)):
            row = {}
            for column in columns:
                spec = spec_of(case.layout, table, column)
                row[column] = sound_value(draw, spec["kind"], spec["places"], number)
                if spec["kind"] in ("l", "r") or column == key[:1]:
                    row[column] = f"{spec['kind']}{number}"
            if key and len(key) != 2:
                kind = spec_of(case.layout, table, key[0])["kind"]
                row[key[0]] = f"{kind}{number}"
            rows.append(row)
        sheets[table] = Sheet(list(columns), rows)
    return sheets


# --- damages -------------------------------------------------------------------------


def change_cell(sheet: Sheet, damage: Damage) -> None:
    """Put a value into one row."""
    sheet.rows[damage.row % len(sheet.rows)][damage.column] = damage.value


def change_column(sheet: Sheet, damage: Damage) -> None:
    """Put a value into every row."""
    for row in sheet.rows:
        row[damage.column] = damage.value


def empty_row(sheet: Sheet, damage: Damage) -> None:
    """Take all values of a row."""
    sheet.rows[damage.row % len(sheet.rows)] = dict.fromkeys(sheet.columns)


def copy_row(sheet: Sheet, damage: Damage) -> None:
    """Deliver a row again, with another value if a column is named."""
    copied = dict(sheet.rows[damage.row % len(sheet.rows)])
    if damage.column:
        copied[damage.column] = damage.value
    sheet.rows.append(copied)


def remove_column(sheet: Sheet, damage: Damage) -> None:
    """Leave a column out."""
    if damage.column in sheet.columns and len(sheet.columns) > 2:
        sheet.columns.remove(damage.column)
        for row in sheet.rows:
            row.pop(damage.column, None)


def add_column(sheet: Sheet, damage: Damage) -> None:
    """Bring a column that nobody knows."""
    name = f"extra {damage.row}"
    sheet.columns.insert(damage.row % (len(sheet.columns) + 1), name)
    sheet.labels[name] = damage.value
    for row in sheet.rows:
        row[name] = damage.value


def order_columns(sheet: Sheet, damage: Damage) -> None:
    """Bring the columns in another order."""
    random.Random(damage.row).shuffle(sheet.columns)


def respell_header(sheet: Sheet, damage: Damage) -> None:
    """Spell the header in another way."""
    spelt = {
        "upper": str.upper,
        "title": lambda name: name.replace("_", " ").title(),
        "padded": lambda name: f"  {name} ",
    }[damage.value]
    for name in sheet.columns:
        sheet.labels.setdefault(name, spelt(name))


def name_twice(sheet: Sheet, damage: Damage) -> None:
    """Bring a column twice."""
    if damage.column in sheet.columns:
        sheet.twin = damage.column


def no_rows(sheet: Sheet, damage: Damage) -> None:
    """Bring the header alone."""
    sheet.rows.clear()


def declare_type(sheet: Sheet, damage: Damage) -> None:
    """Declare a column as something else."""
    sheet.types[damage.column] = damage.value


def add_line(sheet: Sheet, damage: Damage) -> None:
    """Put a raw line between the rows."""
    sheet.lines.append((damage.row, damage.value))


def set_option(sheet: Sheet, damage: Damage) -> None:
    """Write the file in another way."""
    sheet.options[damage.what] = damage.value


DAMAGES: dict[str, Callable[[Sheet, Damage], None]] = {
    "cell": change_cell,
    "column": change_column,
    "empty row": empty_row,
    "copy": copy_row,
    "remove column": remove_column,
    "add column": add_column,
    "order columns": order_columns,
    "header": respell_header,
    "name twice": name_twice,
    "no rows": no_rows,
    "type": declare_type,
    "line": add_line,
    "encoding": set_option,
    "separator": set_option,
    "line end": set_option,
    "bytes": set_option,
    "packed": set_option,
    "cut": set_option,
}
NEEDS_ROWS = {"cell", "copy", "empty row"}


def damaged_sheets(case: Case) -> dict[str, Sheet]:
    """Draw the sound rows of a shop, then do to them what the case says."""
    sheets = sound_sheets(case)
    for damage in case.damages:
        sheet = sheets.get(damage.table)
        if damage.what == "remove table":
            if len(sheets) > 1:
                sheets.pop(damage.table, None)
        elif sheet and (sheet.rows or damage.what not in NEEDS_ROWS):
            DAMAGES[damage.what](sheet, damage)
    return sheets


def drawn_case(seed: int) -> Case:
    """Draw a case; the same seed gives the same."""
    draw = random.Random(seed)
    layout = draw.choice([*COLUMNS, "contract", "company_x"])
    form = draw.choice(FORMS)
    case = Case(layout, draw.randrange(1 << 32), form)
    tables = list(sound_sheets(case))
    of_values = [
        drawn_change(draw, layout, draw.choice(tables))
        for _ in range(draw.choice([2, 10, 20, 40]))
    ]
    of_files = [
        drawn_damage(draw, layout, form, draw.choice(tables))
        for _ in range(draw.choice([0, 1, 1, 2, 3]))
    ]
    return replace(case, damages=(*of_values, *of_files))


def drawn_change(draw: random.Random, layout: str, table: str) -> Damage:
    """Draw something to do to the rows of a table, most often where it hurts."""
    columns = list(COLUMNS[layout][table])
    judged = [name for name in columns if spec_of(layout, table, name)["need"]]
    column = draw.choice(draw.choice([columns, judged, judged]))
    value = drawn_value(draw, layout, table, column)
    what = draw.choice(["cell"] * 12 + ["copy"] * 3 + ["empty row"])
    if what == "copy" and draw.random() < 0.4:
        column = ""
    return Damage(what, table, column, draw.randrange(100), value)


def drawn_damage(draw: random.Random, layout: str, form: str, table: str) -> Damage:
    """Draw something to do to the file of a table."""
    column = draw.choice(list(COLUMNS[layout][table]))
    value = drawn_value(draw, layout, table, column)
    of_form = {
        "csv": [
            ("encoding", draw.choice(["utf-8-sig", "utf-16", "utf-16-be", "latin-1"])),
            ("encoding", draw.choice(["cp1252", "utf-32"])),
            ("separator", draw.choice(";|\t")),
            ("line end", "\r\n"),
            ("line", draw.choice(["", "a,b", "x," * 80, '"', ',"', "a\0", '"a"b,c'])),
            ("bytes", draw.choice(["ff", "fffe", "c3", "80", "eda080"])),
            ("packed", "gz"),
            ("cut", ""),
        ],
        "jsonl": [
            ("line", draw.choice(["", "{", "[1, 2]", "null", '{"a": ', '"x"', "{}"])),
            ("line", draw.choice(['{"x": "\\ud800"}', '{"x": 1e999}', "{'x': 1}"])),
            ("type", draw.choice(["number", "list", "record"])),
            ("packed", "gz"),
            ("cut", ""),
        ],
        "parquet": [
            ("type", draw.choice(["timestamptz", "timestamp", "date", "double"])),
            ("type", draw.choice(["decimal(18, 4)", "bigint", "boolean", "float"])),
            ("type", draw.choice(["varchar[]", "struct", "json", "blob", "enum"])),
            ("type", draw.choice(["hugeint", "time", "interval", "uuid", "double"])),
            ("cut", ""),
        ],
        "sqlite": [
            ("type", draw.choice(["integer", "real", "numeric", "blob", "date", ""])),
            ("type", draw.choice(["bytes", "integer", "real"])),
        ],
    }[form]
    what, told = draw.choice(
        [
            ("column", value),
            ("order columns", ""),
            ("no rows", ""),
            ("header", draw.choice(["upper", "title", "padded"])),
            ("add column", draw.choice(EXTRA_NAMES)),
            ("remove column", ""),
            (draw.choice(["remove column", "remove table", "name twice"]), ""),
            *of_form,
        ]
    )
    return Damage(what, table, column, draw.randrange(100), told)


def drawn_value(draw: random.Random, layout: str, table: str, column: str) -> str:
    """Draw a value that a column should not have, or hardly ever."""
    kind = spec_of(layout, table, column)["kind"]
    if kind in VALUES and draw.random() < 0.75:
        return draw.choice(VALUES[kind])
    palette = draw.choice([TEXTS, TEXTS, TEXTS, MONEY, MOMENTS])
    return draw.choice(palette)


# --- files ---------------------------------------------------------------------------


def written(case: Case, folder: Path) -> dict[str, Written]:
    """Write the tables of a case into a folder; returns what a reader sees of each."""
    folder.mkdir(parents=True)
    sheets = damaged_sheets(case)
    write = {
        "csv": write_csv,
        "jsonl": write_json,
        "parquet": write_parquet,
        "sqlite": write_sqlite,
    }[case.form]
    return {table: write(case, table, sheet, folder) for table, sheet in sheets.items()}


def place_of(case: Case, folder: Path) -> dict[str, str]:
    """Name a case's files the way var `raw` does."""
    path = folder / "shop.db" if case.form == "sqlite" else folder
    return {"layout": case.layout, "path": str(path)}


def label(sheet: Sheet, column: str) -> str:
    """Tell what a file calls a column."""
    return sheet.labels.get(column, column)


def labels_of(sheet: Sheet) -> tuple[list[str], list[str]]:
    """List the columns of a file and their labels, one of them twice if so damaged."""
    columns = [*sheet.columns, *([sheet.twin] if sheet.twin else [])]
    return columns, [label(sheet, column) for column in columns]


def write_csv(case: Case, table: str, sheet: Sheet, folder: Path) -> Written:
    """Write a CSV file."""
    encoding = sheet.options.get("encoding", "utf-8")
    columns, labels = labels_of(sheet)
    rows = [
        {name: encodable(row.get(name), encoding) for name in columns}
        for row in sheet.rows
    ]
    end = sheet.options.get("line end", "\n")
    text = io.StringIO()
    options = {
        "delimiter": sheet.options.get("separator", ","),
        "lineterminator": end,
    }
    writer = csv.writer(text, **options)
    writer.writerow([encodable(name, encoding) for name in labels])
    for number, row in enumerate(rows):
        for place, line in sheet.lines:
            if place % len(rows) == number:
                text.write(line + end)
        writer.writerow([row[name] for name in columns])
    content = text.getvalue().encode(encoding)
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content if case.seed % 2 else content
    separator = options["delimiter"]
    strays = [line for _, line in sheet.lines if line and rows]
    is_exact = not any(
        '"' in line or line.count(separator) == len(columns) - 1 for line in strays
    )
    if bad := sheet.options.get("bytes"):
        content += bytes.fromhex(bad)
        is_exact = False
    content, is_cut = cut(sheet, content)
    write_bytes(sheet, folder / f"{table}.csv", content)
    read = [{name: field_read(value) for name, value in row.items()} for row in rows]
    return Written(read, is_exact and not is_cut, len(strays))


def field_read(value: Text) -> Text:
    """Read a field of a CSV file: without NUL bytes; databases write none as NULL."""
    text = (value or "").replace("\0", "")
    return None if text in ("", "NULL", "\\N") else text


def encodable(value: Text, encoding: str) -> Text:
    """Replace what an encoding has no character for."""
    if value is None or encoding.startswith("utf"):
        return value
    return value.encode(encoding, errors="replace").decode(encoding)


def cut(sheet: Sheet, content: bytes) -> tuple[bytes, bool]:
    """Cut a file off in its middle, if so damaged."""
    if "cut" not in sheet.options:
        return content, False
    return content[: 2 * len(content) // 3], True


def write_bytes(sheet: Sheet, path: Path, content: bytes) -> None:
    """Write a file, packed if so damaged."""
    if "packed" in sheet.options:
        path = path.with_name(f"{path.name}.gz")
        content = gzip.compress(content)
    path.write_bytes(content)


def write_json(case: Case, table: str, sheet: Sheet, folder: Path) -> Written:
    """Write a file of JSON lines; every other one without what is null."""
    columns = sheet.columns
    lines, is_exact = [], not sheet.lines
    for number, row in enumerate(sheet.rows):
        lines += [
            line for place, line in sheet.lines if place % len(sheet.rows) == number
        ]
        record = {}
        for name in columns:
            value: object = row.get(name)
            if value is None and number % 2:
                continue
            kind = sheet.types.get(name)
            if value is not None and kind:
                is_exact = False
                value = {
                    "number": float(number) if number % 3 else value,
                    "list": [value],
                    "record": {"value": value},
                }[kind]
            record[label(sheet, name)] = value
        lines.append(json.dumps(record, ensure_ascii=bool(case.seed % 2)))
    content, is_cut = cut(sheet, "\n".join(lines).encode())
    write_bytes(sheet, folder / f"{table}.jsonl", content)
    rows = [{name: row.get(name) for name in columns} for row in sheet.rows]
    return Written(rows, is_exact and not is_cut)


def write_parquet(case: Case, table: str, sheet: Sheet, folder: Path) -> Written:
    """Write a Parquet file, some of its columns in types of their own."""
    columns, labels = labels_of(sheet)
    path = folder / f"{table}.parquet"
    selected, shown = [], []
    for number, name in enumerate(columns):
        column, kind = f'"{number}"', sheet.types.get(name, "varchar")
        typed = {
            "varchar[]": f"[{column}]",
            "struct": f"struct_pack(value := {column})",
            "json": f"to_json({column})",
            "blob": f"encode({column})",
            "enum": column,
        }.get(kind, f"try_cast({column} as {kind})")
        told = {
            "varchar[]": f"to_json({typed})::text",
            "struct": f"to_json({typed})::text",
            "blob": column,
            # Parquet has no whole numbers of 128 bits; whole doubles are spelt alike
            "hugeint": f"regexp_replace(({typed})::double::text, '[.]0$', '')",
            "double": f"regexp_replace(({typed})::text, '[.]0$', '')",
            "float": f"regexp_replace(({typed})::text, '[.]0$', '')",
            "timestamptz": f"timezone('UTC', {typed})::text"
            + ("" if case.layout in LOCAL_CLOCK else " || '+00:00'"),
        }.get(kind, f"({typed})::text")
        twice = labels.index(labels[number]) != number
        spelt = labels[number].upper() + " " * twice
        quoted = (labels[number] if not twice else spelt).replace('"', '""')
        selected.append(f'{typed} as "{quoted or " "}"')
        shown.append(told)
    with duckdb.connect() as conn:
        conn.execute("set timezone = 'UTC'")
        names = ", ".join(f'"{number}" text' for number in range(len(columns)))
        conn.execute(f"create table rows ({names})")
        values = [[row.get(name) for name in columns] for row in sheet.rows]
        if values:
            marks = ", ".join("?" * len(columns))
            conn.executemany(f"insert into rows values ({marks})", values)
        conn.execute(f"copy (select {', '.join(selected)} from rows) to '{path}'")
        read = conn.execute(f"select {', '.join(shown)} from rows").fetchall()
    if "cut" in sheet.options:
        path.write_bytes(path.read_bytes()[:-20])
    is_exact = not {"json", "blob"} & set(sheet.types.values())
    rows = [dict(zip(columns, row, strict=True)) for row in read]
    return Written(rows, is_exact)


def write_sqlite(case: Case, table: str, sheet: Sheet, folder: Path) -> Written:
    """Write a table of a SQLite file; what a column is declared as binds nobody."""
    columns, labels = labels_of(sheet)
    if sheet.twin:
        labels[-1] = f"{labels[-1]} "
    quoted = ['"' + (name or " ").replace('"', '""') + '"' for name in labels]
    types = [sheet.types.get(name, "text") for name in columns]
    declared = ", ".join(
        f"{name} {'blob' if kind == 'bytes' else kind}"
        for name, kind in zip(quoted, types, strict=True)
    )
    with sqlite3.connect(folder / "shop.db") as shop:
        shop.execute(f"create table {table} ({declared})")
        shop.executemany(
            f"insert into {table} values ({', '.join('?' * len(columns))})",
            [
                [
                    as_bytes(row.get(name)) if kind == "bytes" else row.get(name)
                    for name, kind in zip(columns, types, strict=True)
                ]
                for row in sheet.rows
            ],
        )
        texts = ", ".join(f"cast({name} as text)" for name in quoted)
        shop.text_factory = lambda value: value.decode(errors="replace")
        read = shop.execute(f"select {texts} from {table}").fetchall()
    shop.close()
    return Written(
        [dict(zip(columns, row, strict=True)) for row in read],
        not set(types) & {"bytes", "real", "numeric", "integer", "date", "blob"},
    )


def as_bytes(value: Text) -> bytes | None:
    """Write a text as bytes, the last of them no UTF-8."""
    return None if value is None else value.encode() + b"\xff"
