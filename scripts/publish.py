"""Put the audited marts where readers find them, with one atomic rename.

Readers open the published file read-only and never see half a build: the copy is made
under another name, flushed to disk, and only then renamed. Whatever fails before that
leaves the last published file as it was.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from raw_data import quoted_name, quoted_text
from restatements import restate

PROJECT = Path(__file__).resolve().parents[1]
WORKING = PROJECT / "target" / "tributary.duckdb"
SCHEMA = "marts"
# when the marts were published and from what; beside them, since two builds of the same
# input give the same marts at two times
ABOUT = "meta"
PROPERTIES = "intermediate.int_properties"
# what the copy is called while it is written; no working database may be called so
NEXT = "next_publication"


class NotBuiltError(Exception):
    """The working database lacks marts: what was built is a part."""


def working_file() -> Path:
    """Tell where dbt builds: `TRIBUTARY_DB`, else target/tributary.duckdb."""
    return PROJECT / os.environ.get("TRIBUTARY_DB", WORKING)


def published_file() -> Path:
    """Tell where readers look: `TRIBUTARY_PUBLISHED`, else tributary.duckdb."""
    return PROJECT / os.environ.get("TRIBUTARY_PUBLISHED", "tributary.duckdb")


def publish(
    working: Path,
    published: Path,
    manifest: Path,
    variables: Mapping[str, Any] | None = None,
) -> str | None:
    """Copy the marts of the working database into the published file.

    Args:
        working: the database that dbt has built and tested.
        published: the file to replace, or a link to it; its folder must be writable.
        manifest: dbt's manifest.json, for the descriptions of tables and columns.
        variables: the vars of the build, to say where its rows came from.

    Returns:
        What a reader should know of the history of restatements, if anything.

    Raises:
        NotBuiltError: a mart has never been built; nothing was replaced.
        OSError, duckdb.Error: the copy could not be made; nothing was replaced.
    """
    # the working database's views know it by this name, which ends at the first dot
    catalogue = working.name.lstrip(".").split(".")[0]
    # a link stays one: the file that it leads to is replaced
    published = published.resolve()
    # two at once would both go on from one history, and one would lose the other's
    with locked(published.parent), unpublished(published) as copy:
        remove_leftovers(published)
        with duckdb.connect() as conn:
            conn.execute(
                f"attach {quoted_text(str(working))} as {quoted_name(catalogue)} "
                "(read_only)"
            )
            project = json.loads(manifest.read_text())
            nodes = project["nodes"]
            views = views_of_marts(nodes)
            conn.execute(f"attach {quoted_text(str(copy))} as {NEXT}")
            conn.execute(f"use {NEXT}")
            marts = {node["name"] for node in nodes.values() if is_mart(node)}
            copy_marts(conn, catalogue, marts, views)
            # one transaction for what follows, which is a hundred small statements
            conn.begin()
            for statement in comments(nodes, views):
                conn.execute(statement)
            now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
            say_origin(conn, catalogue, variables or {}, now)
            remark = restate(conn, catalogue, published, project, variables or {}, now)
            conn.commit()
            # closing would do it too, but keeps silent when the disk is full
            conn.execute(f"checkpoint {NEXT}")
        flush(copy)
        remove_logs(published)
        os.replace(copy, published)
        flush(published.parent)
    return remark


def views_of_marts(nodes: dict[str, dict]) -> set[str]:
    """Name the marts that are views over other marts: those stay views.

    A view over what is not published is written out as a table.
    """
    return {
        node["name"]
        for node in nodes.values()
        if is_mart(node)
        and node["config"]["materialized"] == "view"
        and all(is_mart(nodes.get(name, {})) for name in node["depends_on"]["nodes"])
    }


def is_mart(node: dict) -> bool:
    """Tell whether a node of the manifest is a model that is published."""
    return node.get("resource_type") == "model" and node["schema"] == SCHEMA


def copy_marts(
    conn: duckdb.DuckDBPyConnection, catalogue: str, marts: set[str], views: set[str]
) -> None:
    """Copy marts row by row, and views over marts by their text.

    Args:
        conn: the new file, with the working database attached.
        catalogue: the name under which it is attached, and was when it was built.
        marts: names of all marts that the project has.
        views: names of the marts that stay views.

    Raises:
        NotBuiltError: the working database lacks one.
    """
    built = conn.execute(
        "select table_name, null from duckdb_tables() "
        "where database_name = $1 and schema_name = $2 union all "
        "select view_name, sql from duckdb_views() "
        "where database_name = $1 and schema_name = $2 order by 1",
        [catalogue, SCHEMA],
    ).fetchall()
    # a mart that the project no longer has stays in the working database
    relations = [(relation, sql) for relation, sql in built if relation in marts]
    absent = sorted(marts - {relation for relation, _ in relations})
    if absent:
        raise NotBuiltError(
            f"Not built yet: {', '.join(absent)}. A part is not published: build all "
            "marts once, without --select."
        )
    conn.execute(f"create schema {SCHEMA}")
    for relation, _ in relations:
        if relation not in views:
            name = f"{SCHEMA}.{quoted_name(relation)}"
            conn.execute(f"create table {name} as from {quoted_name(catalogue)}.{name}")
    for relation, sql in relations:
        if relation in views:
            # a view names the working database, which readers do not have
            for name in (quoted_name(catalogue), catalogue):
                sql = sql.replace(f"{name}.{SCHEMA}.", f"{SCHEMA}.")
            conn.execute(sql)


def comments(nodes: dict[str, dict], views: set[str]) -> Iterator[str]:
    """Write the descriptions of the marts as comments that any SQL client shows."""
    for node in nodes.values():
        if not is_mart(node):
            continue
        kind = "view" if node["name"] in views else "table"
        name = f"{SCHEMA}.{quoted_name(node['name'])}"
        text = quoted_text(node["description"].strip())
        yield f"comment on {kind} {name} is {text}"
        for column in node["columns"].values():
            text = quoted_text(column["description"].strip())
            yield f"comment on column {name}.{quoted_name(column['name'])} is {text}"


def say_origin(
    conn: duckdb.DuckDBPyConnection,
    catalogue: str,
    variables: Mapping[str, Any],
    published_at: datetime,
) -> None:
    """Write when the marts were published, and what is known of each property.

    `meta.publication` is one row: published_at (UTC), default_attribution_model and
    default_date_basis. `meta.properties` is one row per property: property, source,
    currency, time_zone, gross_margin.
    """
    conn.execute(f"create schema {ABOUT}")
    conn.execute(
        f"create table {ABOUT}.publication as select "
        "$1::timestamp as published_at, $2::varchar as default_attribution_model, "
        "$3::varchar as default_date_basis",
        [
            published_at,
            variables.get("default_attribution_model"),
            variables.get("default_date_basis"),
        ],
    )
    conn.execute(
        f"create table {ABOUT}.properties (property varchar, source varchar, "
        "currency varchar, time_zone varchar, gross_margin double)"
    )
    known = conn.execute(
        "select 1 from duckdb_tables() where database_name = $1 "
        "and schema_name || '.' || table_name = $2",
        [catalogue, PROPERTIES],
    ).fetchall()
    if known:
        raw = variables.get("raw") or {}
        properties = conn.execute(
            "select property, currency, time_zone, gross_margin "
            f"from {quoted_name(catalogue)}.{PROPERTIES} order by property"
        ).fetchall()
        for name, *about in properties:
            source = places(raw[name]) if name in raw else "generated sample"
            conn.execute(
                f"insert into {ABOUT}.properties values ($1, $2, $3, $4, $5)",
                [name, source, *about],
            )


def places(value: object) -> str:
    """Name the places of a property as var `raw` does, without its other settings.

    One that several tables come from is named once.
    """
    match value:
        case list():
            return ", ".join(dict.fromkeys(places(place) for place in value))
        case {"path": path}:
            return places(path)
        case _:
            # a connection string has no business here, and is refused where it is read
            return str(value) if "://" not in str(value) else "a database"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Wait until no other publisher writes into a folder; one killed lets go of it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def unpublished(published: Path) -> Iterator[Path]:
    """Give a name beside the published file, gone afterwards if it was not renamed."""
    copy = published.with_name(f"{published.name}.{os.getpid()}.next")
    try:
        yield copy
    finally:
        copy.unlink(missing_ok=True)
        copy.with_name(f"{copy.name}.wal").unlink(missing_ok=True)


def remove_leftovers(published: Path) -> None:
    """Remove the copies of publishers that were killed.

    One may have had this process's number: in a container it is often 1.
    """
    for leftover in published.parent.glob(f"{published.name}.*.next*"):
        process = leftover.name.removeprefix(f"{published.name}.").split(".")[0]
        if process.isdigit() and not is_another(int(process)):
            leftover.unlink(missing_ok=True)


def remove_logs(published: Path) -> None:
    """Remove what a writer that was killed has left unfinished in the published file.

    DuckDB would carry it on in whatever file of this name is opened next, and the new
    marts would lack what somebody has deleted from the old ones.
    """
    for log in ("wal", "wal.checkpoint", "wal.recovery"):
        published.with_name(f"{published.name}.{log}").unlink(missing_ok=True)


def is_another(process: int) -> bool:
    """Tell whether a process of this number runs, and is not this one."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def flush(path: Path) -> None:
    """Make sure that a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
