"""Read the declared tables of a PostgreSQL server where they lie."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

import duckdb

from raw_data.common import (
    RawDataError,
    Relation,
    catalogue_name,
    load_extension,
    named_columns,
    one_claim_each,
    plain,
    quoted_name,
    quoted_text,
)
from raw_data.declared import ENVIRONMENT, Place, RawTable, refuse_absent

CONNECT_TIMEOUT = "10"  # seconds
URI = re.compile(
    r"postgres(?:ql)?://(?:(?P<user>[^:@/?]*)(?::(?P<password>[^@/?]*))?@)?"
    r"(?P<hosts>[^/?@]*)(?:/(?P<database>[^?@]*))?(?:\?(?P<others>.*))?"
)
HOST = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>\d*))?")
KEYWORD = re.compile(
    r"\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?:\s|$)"
)
# what DuckDB keeps as a secret, and shows in no error; the rest is how to connect
SECRET_PARTS = ("host", "port", "user", "password", "dbname")

# read as they are; PostgreSQL writes all others as text, so that none is rounded
NATIVE_TYPES = {
    "bigint",
    "boolean",
    "character varying",
    "date",
    "double precision",
    "integer",
    "real",
    "smallint",
    "text",
    "timestamp without time zone",
}
POSTGRES_COLUMNS = """
    select
        tables.relname::text,
        columns.attname::text,
        format_type(coalesce(nullif(types.typbasetype, 0), types.oid), null),
        has_column_privilege(tables.oid, columns.attnum, 'select')
    from pg_catalog.pg_class as tables
    inner join pg_catalog.pg_namespace as schemas
        on tables.relnamespace = schemas.oid
    inner join pg_catalog.pg_attribute as columns
        on tables.oid = columns.attrelid
    inner join pg_catalog.pg_type as types
        on columns.atttypid = types.oid
    where tables.relkind in ('r', 'v', 'm', 'f', 'p')
        and columns.attnum > 0
        and not columns.attisdropped
        and schemas.nspname = {schema}
    order by tables.relname, columns.attnum
"""
POSTGRES_SCHEMAS = """
    select nspname::text
    from pg_catalog.pg_namespace
    where nspname !~ '^pg_' and nspname != 'information_schema'
    order by nspname
"""


def postgres_relations(
    conn: duckdb.DuckDBPyConnection,
    place: Place,
    tables: dict[str, RawTable],
) -> list[tuple[str, Relation]]:
    """Attach the server that an environment variable names; find the declared tables.

    Instants become what the place's clock showed, or stay UTC, as everywhere in raw
    data.
    """
    origin, schema = place.path, place.schema or "public"
    variable = origin.removeprefix(ENVIRONMENT)
    catalogue = attached_server(conn, place, variable)
    columns = asked(
        conn, catalogue, POSTGRES_COLUMNS.format(schema=quoted_text(schema))
    )
    if not columns:
        schemas = [name for (name,) in asked(conn, catalogue, POSTGRES_SCHEMAS)]
        if schema not in schemas:
            raise RawDataError(
                f"{place.site}: the database of {origin} has no schema {schema!r} (it "
                f"has {', '.join(schemas)}). Name one in var raw: "
                f"{{{place.site}: {{path: '{origin}', schema: …}}}}."
            )
    sought = place.sought(tables)
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for table, column, data_type, is_readable in columns:
        if plain(table) in sought:
            found.setdefault(table, []).append((column, data_type, is_readable))
    one_claim_each(place.site, origin, list(found))
    refuse_absent(place, list(found), sorted({table for table, *_ in columns}))
    relations = []
    for table, described in found.items():
        hidden = [name for name, _, is_readable in described if not is_readable]
        if hidden:
            raise RawDataError(
                f"{place.site}: the user of {origin} may not read {', '.join(hidden)} "
                f"of table {schema}.{table}. Grant select on it."
            )
        names = [name for name, _, _ in described]
        selected = ", ".join(
            f"{postgres_value(name, data_type, place.clock)} as {quoted_name(name)}"
            for name, data_type, _ in described
        )
        source = f"{quoted_name(schema)}.{quoted_name(table)}"
        query = quoted_text(f"select {selected} from {source}")
        relation = Relation(
            f"postgres_query('{catalogue}', {query})",
            origin,
            named_columns(place.site, f"{table} of {origin}", names, names),
        )
        relations += [(name, relation) for name in sought[plain(table)]]
    return relations


def postgres_value(name: str, data_type: str, clock: str | None) -> str:
    """Write a column as PostgreSQL is to hand it over; null leaves instants UTC."""
    column = quoted_name(name)
    if data_type in NATIVE_TYPES:
        return column
    if data_type == "timestamp with time zone":
        if clock is None:
            # a cast to text is written as the server's settings say
            pattern = "'YYYY-MM-DD HH24:MI:SS.US'"
            return f"to_char({column} at time zone 'UTC', {pattern}) || '+00:00'"
        return f"{column} at time zone {quoted_text(clock)}"
    if data_type == "numeric":
        return f"nullif({column}::text, 'NaN')"
    # as text, money has the currency sign of the server's locale
    return f"{column}::numeric::text" if data_type == "money" else f"{column}::text"


def asked(
    conn: duckdb.DuckDBPyConnection, catalogue: str, query: str
) -> list[tuple[str, ...]]:
    """Ask the server itself."""
    return conn.execute(
        f"from postgres_query('{catalogue}', {quoted_text(query)})"
    ).fetchall()


def attached_server(
    conn: duckdb.DuckDBPyConnection, place: Place, variable: str
) -> str:
    """Attach a PostgreSQL server read-only; returns the name of its catalogue.

    Where, who and the password are a secret of DuckDB, in memory: DuckDB's errors and
    lists of databases show what is attached without it.

    Raises:
        RawDataError: in words of its own, since a server's may quote what it was sent.
    """
    load_extension(conn, "postgres_scanner")
    parts = connection_parts(place, variable)
    catalogue = catalogue_name(conn)
    secret = ", ".join(
        f"{'database' if part == 'dbname' else part} {quoted_text(parts[part])}"
        for part in SECRET_PARTS
        if part in parts
    )
    others = {part: value for part, value in parts.items() if part not in SECRET_PARTS}
    # a server in another encoding hands over its own bytes unless asked for UTF-8
    others = {"connect_timeout": CONNECT_TIMEOUT} | others | {"client_encoding": "UTF8"}
    keywords = " ".join(f"{part}={keyword(value)}" for part, value in others.items())
    try:
        conn.execute(f"create secret {catalogue} (type postgres, {secret})")
        conn.execute(
            f"attach {quoted_text(keywords)} as {catalogue} "
            f"(type postgres, read_only, secret {catalogue})"
        )
    except duckdb.Error as error:
        raise RawDataError(
            f"{place.site}: {connection_problem(variable, str(error))}"
        ) from None
    return catalogue


def connection_parts(place: Place, variable: str) -> dict[str, str]:
    """Read a connection string, a URI or `key=value` pairs, into its parts."""
    text = os.environ.get(variable, "").strip()
    if not text:
        raise RawDataError(
            f"{place.site}: var raw says env:{variable}, but that environment variable "
            "is not set. Set it to postgresql://user:password@host:5432/database."
        )
    parts = uri_parts(text) if "://" in text else keyword_parts(text)
    if not parts or "sslpassword" in parts:
        raise RawDataError(
            f"{place.site}: environment variable {variable} holds no connection string "
            "of PostgreSQL's that can be used. Write it as "
            "postgresql://user:password@host:5432/database, with %40 for @ and the "
            "like in the password."
        )
    return parts


def uri_parts(text: str) -> dict[str, str] | None:
    """Read `postgresql://user:password@host:port/database?key=value`; null if none."""
    if not (match := URI.fullmatch(text)):
        return None
    hosts = [HOST.fullmatch(host) for host in match["hosts"].split(",")]
    if not all(hosts):
        return None
    parts = {
        "user": match["user"],
        "password": match["password"],
        "host": ",".join(host["host"].strip("[]") for host in hosts if host),
        "port": ",".join(host["port"] or "" for host in hosts if host),
        "dbname": match["database"],
    }
    for pair in (match["others"] or "").split("&"):
        key, separator, value = pair.partition("=")
        if pair and not (separator and re.fullmatch(r"\w+", key)):
            return None
        parts[key] = value
    return {key: unquote(value) for key, value in parts.items() if value}


def keyword_parts(text: str) -> dict[str, str] | None:
    """Read `host=… user='…'`, with a backslash before special ones; null if none."""
    parts, position = {}, 0
    while position < len(text):
        if not (match := KEYWORD.match(text, position)):
            return None
        value = match[2] if match[2] is not None else match[3]
        parts[match[1]] = re.sub(r"\\(.)", r"\1", value)
        position = match.end()
    return parts


def keyword(value: str) -> str:
    """Quote a value of a `key=value` pair."""
    return "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"


def connection_problem(variable: str, error: str) -> str:
    """Say why a server cannot be attached and what to do, quoting nothing it said."""
    server = f"the PostgreSQL server of env:{variable}"
    if re.search(r"no password supplied|authentication failed", error):
        return f"{server} refuses user and password. Correct them in {variable}."
    if re.search(r'database ".*" does not exist', error):
        return f"{server} has no database of that name. Correct it in {variable}."
    if re.search(r'role ".*" does not exist|no pg_hba.conf entry', error):
        return f"{server} does not let that user in. Correct it in {variable}."
    if "could not translate host name" in error:
        return f"the host in env:{variable} is unknown. Correct it in {variable}."
    if re.search(r"Connection refused|timeout expired|No such file", error):
        return (
            f"{server} does not answer. Start it, or correct host and port in "
            f"{variable}."
        )
    return f'{server} cannot be connected to. Try `psql "${variable}"`, which says why.'
