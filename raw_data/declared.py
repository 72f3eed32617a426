"""What is declared: layouts in the sources YAML, renames, and var `raw`."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from raw_data.common import PROJECT, RawDataError, plain
from raw_data.formats import Format, checked_format

SOURCES = "models/staging/*/_*__sources.yml"
COLUMN_MAPPING = "seeds/mappings/column_mapping.csv"
PROPERTIES = "seeds/mappings/properties.csv"
# what the first line of a seed must name, besides others
SEED_COLUMNS = {
    "column_mapping.csv": "property,raw_table,source_column,column_name",
    "properties.csv": "property,time_zone,currency,gross_margin",
}
KEYS = (
    "layout",
    "path",
    "tables",
    "encoding",
    "separator",
    "decimal_separator",
    "schema",
)
# how a property is read whose name is no layout and that names none
DEFAULT_LAYOUT = "contract"
# in these an instant becomes what the property's own clock showed; in later ones it
# stays the instant it is
LOCAL_CLOCK = frozenset({"company_x", "afisha", "vestiaire", "vivid_seats"})
# endings that a table's name in var raw may carry
ENDINGS = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson", ".gz")
AMOUNT_FORMATS = (",", ".")
ENVIRONMENT = "env:"

Layouts = dict[str, dict[str, "RawTable"]]


@dataclass(frozen=True)
class RawTable:
    """A table that a layout declares, its columns in order.

    `types` says which of them are a `timestamp`, a `date` or an `amount` that may come
    in another notation. `claims` names what only one table of a property may say, such
    as who came.
    """

    layout: str
    name: str
    columns: tuple[str, ...]
    required: frozenset[str]
    pii: frozenset[str]
    types: dict[str, str] = field(default_factory=dict)
    claims: str | None = None


@dataclass(frozen=True)
class Rename:
    """A row of the column mapping: what a source column is, and how it is written."""

    column: str
    format: str | None = None


@dataclass(frozen=True)
class PropertySettings:
    """What seed `properties` says that matters to reading."""

    time_zone: str = "UTC"
    format: Format | None = None


@dataclass(frozen=True)
class Place:
    """One place that holds tables of a property (`site`), and how they are written.

    `number` counts the property's places from 1. `tables` says what declared tables are
    called there, null for one that is not to be read. `encoding` holds for CSV and JSON
    files, `separator` for CSV files, `schema` for a PostgreSQL database; null is told
    from the file, and schema `public`.
    """

    site: str
    layout: str
    path: str
    number: int = 1
    tables: dict[str, str | None] = field(default_factory=dict)
    encoding: str | None = None
    separator: str | None = None
    decimal_separator: str | None = None
    schema: str | None = None
    settings: PropertySettings = PropertySettings()

    @property
    def time_zone(self) -> str:
        """The time zone of the property's clock."""
        return self.settings.time_zone

    @property
    def clock(self) -> str | None:
        """The time zone whose clock its instants are told by; null leaves them UTC."""
        return self.time_zone if self.layout in LOCAL_CLOCK else None

    def sought(self, tables: dict[str, RawTable]) -> dict[str, list[str]]:
        """Tell under which plain name the declared tables are looked for.

        Returns:
            For each name in the place, the declared tables that it is.
        """
        names: dict[str, list[str]] = {}
        for table in tables:
            name = self.tables.get(table, table)
            if name is not None:
                names.setdefault(name, []).append(table)
        return names


@dataclass(frozen=True)
class Seed:
    """A seed: its columns, and its rows by the number of their line."""

    columns: list[str]
    rows: dict[int, dict[str, str]]


Renames = dict[tuple[str, str, str], dict[str, Rename]]


def declared_layouts() -> Layouts:
    """Read the layouts, their tables and columns from the sources YAML."""
    layouts: Layouts = {}
    for path in sorted(PROJECT.glob(SOURCES)):
        for source in yaml.safe_load(path.read_text())["sources"]:
            if source["schema"] != "main":
                layouts[source["name"]] = {
                    table["name"]: declared_table(source["name"], table)
                    for table in source["tables"]
                }
    return layouts


def declared_table(layout: str, table: dict[str, Any]) -> RawTable:
    """Read one table of the sources YAML."""
    columns = {column["name"]: column for column in table["columns"]}
    metas = {name: meta_of(column) for name, column in columns.items()}
    return RawTable(
        layout=layout,
        name=table["name"],
        columns=tuple(columns),
        required=frozenset(
            name for name, meta in metas.items() if meta.get("required")
        ),
        pii=frozenset(
            name
            for name, column in columns.items()
            if "pii" in column.get("config", {}).get("tags", [])
        ),
        types={name: meta["type"] for name, meta in metas.items() if "type" in meta},
        claims=meta_of(table).get("claims"),
    )


def meta_of(node: dict[str, Any]) -> dict[str, Any]:
    """Read the meta of a table or column, wherever dbt lets it stand."""
    return (node.get("meta") or {}) | (node.get("config", {}).get("meta") or {})


def column_mapping(layouts: Layouts) -> Renames:
    """Read the renames: {(property or `*`, layout, table): {source column: Rename}}.

    Several layouts may declare a table of one name. A row is for each of them that has
    such a column; which one a property means is told by its layout.
    """
    mapping: Renames = {}
    for line, row in read_seed(COLUMN_MAPPING).rows.items():
        table, column = row["raw_table"], row["column_name"]
        meant = [
            layout
            for layout, tables in layouts.items()
            if table in tables and column in tables[table].columns
        ]
        if not meant:
            raise RawDataError(
                f"{COLUMN_MAPPING}, line {line}: no layout declares a column "
                f"{column!r} in a table {table!r}. Name a table and column of "
                "models/staging/<layout>/_<layout>__sources.yml."
            )
        notation = row.get("format", "").strip() or None
        if notation:
            kinds = {layouts[layout][table].types.get(column) for layout in meant}
            refuse_other_kind(line, column, notation, kinds - {None})
        if notation and notation not in AMOUNT_FORMATS:
            checked_format(
                notation, f"{COLUMN_MAPPING}: {row['property']}, {table}.{column}"
            )
        for layout in meant:
            renames = mapping.setdefault((row["property"], layout, table), {})
            renames[plain(row["source_column"])] = Rename(column, notation)
    return mapping


def refuse_other_kind(
    line: int, column: str, notation: str, kinds: set[str | None]
) -> None:
    """Refuse an amount that is written like a time, or a time like an amount.

    Args:
        line: where the column mapping says so.
        column: the declared column.
        notation: how it is said to be written.
        kinds: what the column is declared to be; empty where nothing is declared.
    """
    if not kinds or (notation in AMOUNT_FORMATS) == ("amount" in kinds):
        return
    said = (
        "an amount: write , or ."
        if "amount" in kinds
        else "a time: write it like %d/%m/%Y or epoch_seconds."
    )
    raise RawDataError(
        f"{COLUMN_MAPPING}, line {line}: {notation!r} is no format of {column}. "
        f"It is {said}"
    )


def property_settings(known_zones: frozenset[str]) -> dict[str, PropertySettings]:
    """Read the time zone and the notation of times of each property that is listed.

    Args:
        known_zones: the IANA names that the engine knows.
    """
    settings = {}
    for row in read_seed(PROPERTIES).rows.values():
        name, zone = row["property"], row["time_zone"].strip() or "UTC"
        if zone not in known_zones:
            raise RawDataError(
                f"{PROPERTIES}: {name} has time_zone {zone!r}, which is none. Write an "
                f"IANA name{likely(zone, known_zones) or ' such as Europe/Paris.'}"
            )
        notation = row.get("timestamp_format", "").strip()
        settings[name] = PropertySettings(
            zone,
            checked_format(notation, f"{PROPERTIES}: {name}") if notation else None,
        )
    return settings


def read_seed(name: str) -> Seed:
    """Read a seed, by where it is in the project.

    A byte order mark before it is no part of it, to dbt as well.

    Raises:
        RawDataError: it is not UTF-8, lacks a column, or has a row of more or fewer
            values than columns.
    """
    data = (PROJECT / name).read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RawDataError(
            f"{name}, line {line}: this is not UTF-8. Save the file as UTF-8 (Excel "
            "calls it CSV UTF-8)."
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    needed = SEED_COLUMNS[Path(name).name]
    if not set(needed.split(",")) <= set(header):
        first = text.partition("\n")[0].strip()
        raise RawDataError(
            f"{name}: the first line is {first!r}, but must name the columns {needed}. "
            "Write commas between them, and between the values below."
        )
    rows = {}
    for values in filter(None, reader):
        if len(values) != len(header):
            raise RawDataError(
                f"{name}, line {reader.line_num}: the number of values is "
                f"{len(values)}, but must be {len(header)} as in the first line. "
                "An empty value needs its comma too, and one that holds a comma needs "
                "quotes."
            )
        rows[reader.line_num] = dict(zip(header, values, strict=True))
    return Seed(header, rows)


def likely(name: str, known: frozenset[str]) -> str:
    """Guess which known name was meant, whatever its case; nothing if none is close."""
    by_case = {other.lower(): other for other in sorted(known)}
    found = difflib.get_close_matches(name.strip().lower(), by_case, n=1)
    return f"; did you mean {by_case[found[0]]}?" if found else ""


def places(
    raw: object, layouts: Layouts, settings: dict[str, PropertySettings]
) -> Iterator[Place]:
    """Read var `raw`, one place of one property after the other."""
    if not isinstance(raw, dict):
        raise RawDataError(
            f"var raw is {raw!r}, but must map properties to places, such as "
            "{my_shop: exports/}."
        )
    for name, value in raw.items():
        entries = value if isinstance(value, list) else [value]
        if not entries:
            raise no_place(name, value)
        found = [
            place
            for entry in entries
            for place in places_of(str(name), entry, value, layouts)
        ]
        for number, place in enumerate(found, start=1):
            yield Place(
                **place,
                number=number,
                settings=settings.get(str(name), PropertySettings()),
            )


def places_of(
    name: str, entry: object, value: object, layouts: Layouts
) -> Iterator[dict[str, Any]]:
    """Read what one entry of a property says of its place, or places."""
    if not isinstance(entry, (str, dict)):
        raise no_place(name, value)
    told = entry if isinstance(entry, dict) else {"path": entry}
    if "path" not in told or not set(told) <= set(KEYS):
        raise RawDataError(
            f"{name}: var raw gives {entry!r}, but a mapping there has the key "
            f"`path` and, where needed, {', '.join(f'`{key}`' for key in KEYS)}."
        )
    layout = checked_layout(name, told.get("layout"), layouts)
    paths = told["path"] if isinstance(told["path"], list) else [told["path"]]
    if not paths or not all(isinstance(path, str) and path for path in paths):
        raise no_place(name, value)
    for path in paths:
        yield {
            "site": name,
            "layout": layout,
            "path": path,
            "tables": checked_tables(name, told.get("tables"), layouts[layout]),
            "encoding": checked_encoding(name, told.get("encoding")),
            "separator": checked_separator(name, told.get("separator")),
            "decimal_separator": checked_decimal(name, told.get("decimal_separator")),
            "schema": checked_schema(name, told.get("schema")),
        }


def no_place(name: str, value: object) -> RawDataError:
    """Say that what var `raw` gives is no place."""
    return RawDataError(
        f"{name}: var raw gives {value!r}, but must name a folder, a file, "
        "env:NAME, or a list of these."
    )


def checked_layout(name: str, layout: object, layouts: Layouts) -> str:
    """Tell the layout of a place: the one it names, its property's, or the contract."""
    if layout is None:
        layout = name if name in layouts else DEFAULT_LAYOUT
    if layout not in layouts:
        raise RawDataError(
            f"{name}: no layout is called {layout!r} (there is {', '.join(layouts)}). "
            f"Write {{{name}: {{layout: …, path: …}}}} to read it in one of these."
        )
    return str(layout)


def checked_tables(
    name: str, told: object, tables: dict[str, RawTable]
) -> dict[str, str | None]:
    """Read `tables`: what declared tables are called in a place, by plain name."""
    if told is None:
        return {}
    if not isinstance(told, dict) or not all(
        value is None or (isinstance(value, str) and value) for value in told.values()
    ):
        raise RawDataError(
            f"{name}: var raw gives tables {told!r}, but it must map tables to the "
            "names they have there, such as {conversions: orders}."
        )
    for table in told:
        if table not in tables:
            guess = likely(str(table), frozenset(tables))
            raise RawDataError(
                f"{name}: var raw names a table {table!r}, which the layout does not "
                f"have (it has {', '.join(tables)}){guess or '.'}"
            )
    return {
        table: None if value is None else plain_table(value)
        for table, value in told.items()
    }


def plain_table(name: str) -> str:
    """Spell the name of a file or table the project's way, without its endings."""
    path = Path(name.strip().rstrip("/"))
    while path.suffix.lower() in ENDINGS:
        path = path.with_suffix("")
    return plain(path.name)


def refuse_absent(place: Place, found: list[str], there: list[str]) -> None:
    """Refuse a name that var `raw` gives a table and that its place does not have.

    Args:
        place: the place.
        found: names in it that are tables of the layout.
        there: all names in it.
    """
    claimed = {plain_table(name) for name in found}
    for table, name in place.tables.items():
        if name is not None and name not in claimed:
            names = {plain_table(other): other for other in there}
            guess = likely(name, frozenset(names))
            raise RawDataError(
                f"{place.site}: var raw says that table {table} is {name!r} in "
                f"{place.path}, which has none (it has "
                f"{', '.join(names.values()) or 'nothing'}){guess or '.'}"
            )


def checked_encoding(name: str, encoding: object) -> str | None:
    """Spell an encoding Python's way, but for latin-1; refuse one it does not know."""
    if encoding is None:
        return None
    try:
        codec = codecs.lookup(str(encoding))
        "".encode(codec.name)  # refuses what turns bytes into bytes, such as zip
    except (LookupError, UnicodeError):  # the latter is what codec undefined says
        raise RawDataError(
            f"{name}: var raw gives encoding {encoding!r}, which is none. Name one "
            "such as utf-8, utf-16, latin-1 or cp1252."
        ) from None
    return "latin-1" if codec.name == "iso8859-1" else codec.name


def checked_separator(name: str, separator: object) -> str | None:
    """Read a separator: one character, or the word `tab`."""
    if separator is None:
        return None
    text = "\t" if separator == "tab" else separator
    if not isinstance(text, str) or len(text) != 1 or text in '"\r\n\0':
        raise RawDataError(
            f"{name}: var raw gives separator {separator!r}, but it must be one "
            "character such as ; or the word tab."
        )
    return text


def checked_decimal(name: str, separator: object) -> str | None:
    """Read a decimal separator: a comma or a point."""
    if separator is not None and separator not in AMOUNT_FORMATS:
        raise RawDataError(
            f"{name}: var raw gives decimal_separator {separator!r}, but it must be "
            "',' or '.'."
        )
    return separator


def checked_schema(name: str, schema: object) -> str | None:
    """Read the name of a schema."""
    if schema is not None and (not isinstance(schema, str) or not schema):
        raise RawDataError(
            f"{name}: var raw gives schema {schema!r}, but it must be the name of a "
            "schema of the PostgreSQL database."
        )
    return schema
