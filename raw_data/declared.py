"""What is declared: layouts in the sources YAML, renames, and var `raw`."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from raw_data.common import PROJECT, RawDataError, plain

SOURCES = "models/staging/*/_*__sources.yml"
COLUMN_MAPPING = "seeds/mappings/column_mapping.csv"
PROPERTIES = "seeds/mappings/properties.csv"
KEYS = ("layout", "path", "encoding", "separator", "schema")

Layouts = dict[str, dict[str, "RawTable"]]
Renames = dict[tuple[str, str], dict[str, str]]


@dataclass(frozen=True)
class RawTable:
    """A table that a layout declares, its columns in order."""

    layout: str
    name: str
    columns: tuple[str, ...]
    required: frozenset[str]
    pii: frozenset[str]


@dataclass(frozen=True)
class Property:
    """One property of var `raw`: its layout and the places that hold its tables.

    `encoding` and `separator` hold for its CSV files, `schema` for its PostgreSQL
    databases; null is told from the file, and schema `public`. `time_zone` is that of
    its clock.
    """

    name: str
    layout: str
    places: tuple[str, ...]
    encoding: str | None = None
    separator: str | None = None
    schema: str | None = None
    time_zone: str = "UTC"


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
    configs = {column["name"]: column.get("config", {}) for column in table["columns"]}
    return RawTable(
        layout=layout,
        name=table["name"],
        columns=tuple(configs),
        required=frozenset(
            name
            for name, config in configs.items()
            if config.get("meta", {}).get("required")
        ),
        pii=frozenset(
            name for name, config in configs.items() if "pii" in config.get("tags", [])
        ),
    )


def column_mapping(layouts: Layouts) -> Renames:
    """Read the renames: {(property or `*`, table): {source column: column}}."""
    path = PROJECT / COLUMN_MAPPING
    declared = {t.name: t for tables in layouts.values() for t in tables.values()}
    mapping: Renames = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            table, column = row["raw_table"], row["column_name"]
            if table not in declared or column not in declared[table].columns:
                raise RawDataError(
                    f"{COLUMN_MAPPING}: no layout declares a column {column!r} in a "
                    f"table {table!r}. Name a table and column of "
                    "models/staging/<layout>/_<layout>__sources.yml."
                )
            renames = mapping.setdefault((row["property"], table), {})
            renames[plain(row["source_column"])] = column
    return mapping


def time_zones() -> dict[str, str]:
    """Read the time zone of each property that has one."""
    with (PROJECT / PROPERTIES).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["property"]: row["time_zone"] for row in rows if row["time_zone"]}


def properties(raw: object, layouts: Layouts) -> Iterator[Property]:
    """Read var `raw`, one property after the other."""
    if not isinstance(raw, dict):
        raise RawDataError(
            f"var raw is {raw!r}, but must map properties to places, such as "
            "{company_x: exports/}."
        )
    zones = time_zones()
    for name, value in raw.items():
        settings = value if isinstance(value, dict) else {"path": value}
        if "path" not in settings or not set(settings) <= set(KEYS):
            raise RawDataError(
                f"{name}: var raw gives {value!r}, but a mapping there has the key "
                f"`path` and, where needed, {', '.join(f'`{key}`' for key in KEYS)}."
            )
        layout, places = settings.get("layout", name), settings["path"]
        if layout not in layouts:
            known = ", ".join(layouts)
            raise RawDataError(
                f"{name}: unknown property in var raw: no layout is called {layout!r} "
                f"(there is {known}). Write {{{name}: {{layout: …, path: …}}}} to read "
                "it in one of these."
            )
        places = places if isinstance(places, list) else [places]
        if not places or not all(isinstance(place, str) and place for place in places):
            raise RawDataError(
                f"{name}: var raw gives {value!r}, but must name a folder, a SQLite "
                "file, env:NAME, or a list of these."
            )
        yield Property(
            name=str(name),
            layout=layout,
            places=tuple(places),
            encoding=checked_encoding(name, settings.get("encoding")),
            separator=checked_separator(name, settings.get("separator")),
            schema=checked_schema(name, settings.get("schema")),
            time_zone=zones.get(str(name), "UTC"),
        )


def checked_encoding(name: str, encoding: object) -> str | None:
    """Spell an encoding Python's way, but for latin-1; refuse one it does not know."""
    if encoding is None:
        return None
    try:
        codec = codecs.lookup(str(encoding))
        "".encode(codec.name)  # refuses what turns bytes into bytes, such as zip
    except LookupError:
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


def checked_schema(name: str, schema: object) -> str | None:
    """Read the name of a schema."""
    if schema is not None and (not isinstance(schema, str) or not schema):
        raise RawDataError(
            f"{name}: var raw gives schema {schema!r}, but it must be the name of a "
            "schema of the PostgreSQL database."
        )
    return schema
