"""Rows of each mart: filters, a choice of columns, pages by key."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import duckdb
import pyarrow as pa
import yaml
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from raw_data.common import PROJECT, quoted_name
from serving.api.documented import (
    ARROW,
    CSV,
    Cursor,
    Format,
    Limit,
    as_text,
    csv_text,
    cursor_of,
    described,
    guarded,
    json_response,
    position_of,
    table_response,
)
from serving.api.filters import NAME, Condition, Filters, condition_of
from serving.api.guard import GuardedRoute
from serving.api.problems import unknown
from serving.api.publication import Mart, Publication, Publications

ROUTER = APIRouter(prefix="/v1", tags=["Marts"], route_class=GuardedRoute)
# a text of a key that is longer is in a cursor as its hash, which begins like this
LONGEST, HASHED = 100, "md5:"

MartPath = Annotated[
    str, Path(pattern=rf"^{NAME}$", description="A mart.", examples=["fct_sessions"])
]
Columns = Annotated[
    str | None,
    Query(
        pattern=rf"^{NAME}(,{NAME})*$",
        max_length=2000,
        description="Names after commas; all columns without it.",
    ),
]


class PropertyOut(BaseModel):
    """A property and how many rows of each mart are its own."""

    property: str
    row_counts: dict[str, int]


class Properties(BaseModel):
    """The properties of a publication."""

    publication_id: str
    published_at: str
    properties: list[PropertyOut]


class ColumnOut(BaseModel):
    """A column."""

    column: str
    data_type: str
    description: str


class MartOut(BaseModel):
    """A mart: what it says, and of what."""

    mart: str
    description: str
    key: list[str]
    columns: list[ColumnOut]


class MartNames(BaseModel):
    """The marts of a publication."""

    publication_id: str
    published_at: str
    marts: list[MartOut]


class Rows(BaseModel):
    """A page of rows."""

    publication_id: str
    published_at: str
    rows: list[dict[str, str | int | float | bool | None]]
    next_cursor: str | None


@cache
def declared_keys() -> dict[str, tuple[str, ...]]:
    """Read the key of each mart from the test that holds it."""
    keys: dict[str, tuple[str, ...]] = {}
    for path in sorted(PROJECT.glob("models/marts/**/*.yml")):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            for test in model.get("data_tests", []):
                if isinstance(test, dict) and "unique_together" in test:
                    columns = test["unique_together"]["arguments"]["columns"]
                    keys[model["name"]] = tuple(columns)
            for column in model.get("columns", []):
                if "unique" in column.get("data_tests", []):
                    keys.setdefault(model["name"], (column["name"],))
    return keys


def key_of(mart: Mart) -> tuple[str, ...]:
    """Tell what the rows of a mart are ordered by; nothing where no key is known."""
    key = declared_keys().get(mart.name, ())
    return key if set(key) <= set(mart.columns) else ()


def published_by(publication: Publication) -> dict[str, str]:
    """Say which publication an answer is from."""
    return {
        "publication_id": publication.publication_id,
        "published_at": f"{publication.published_at:%Y-%m-%dT%H:%M:%S.%fZ}",
    }


def publications_of(request: Request) -> Publications:
    """Give the published file that the API reads."""
    return request.app.state.publications


def require_property(publication: Publication, name: str) -> None:
    """Refuse a property that no mart has rows of.

    Raises:
        Problem: 404, listing the properties there are.
    """
    if name not in publication.properties:
        raise unknown("property", name, publication.properties)


@ROUTER.get(
    "/properties",
    summary="List the properties",
    **described(Properties, 200, 503),
    **guarded("read"),
)
async def list_properties(request: Request) -> Response:
    """List the properties, and how many rows of each mart are theirs."""
    publication = await publications_of(request).current()
    properties = [
        {"property": name, "row_counts": counts}
        for name, counts in publication.properties.items()
    ]
    return json_response(published_by(publication) | {"properties": properties})


@ROUTER.get(
    "/marts",
    summary="List the marts",
    **described(MartNames, 200, 503),
    **guarded("read"),
)
async def list_marts(request: Request) -> Response:
    """List the marts and their columns."""
    publication = await publications_of(request).current()
    marts = [mart_json(mart) for mart in publication.marts.values()]
    return json_response(published_by(publication) | {"marts": marts})


@ROUTER.get(
    "/marts/{mart}",
    summary="Describe a mart",
    **described(MartOut, 200, 404, 503),
    **guarded("read"),
)
async def describe_mart(request: Request, mart: MartPath) -> Response:
    """Say what one row of a mart is, and what its columns mean."""
    return json_response(
        mart_json((await publications_of(request).current()).mart(mart))
    )


def mart_json(mart: Mart) -> dict[str, Any]:
    """Describe a mart."""
    return {
        "mart": mart.name,
        "description": mart.description,
        "key": list(key_of(mart)),
        "columns": [
            {
                "column": column.name,
                "data_type": column.data_type,
                "description": column.description,
            }
            for column in mart.columns.values()
        ],
    }


@ROUTER.get(
    "/marts/{mart}/rows",
    summary="Read rows of a mart",
    **described(Rows, 200, 404, 410, 503, 504, formats=(CSV, ARROW)),
    **guarded("read"),
)
async def read_rows(
    request: Request,
    mart: MartPath,
    property_name: Annotated[
        str | None,
        Query(alias="property", max_length=200, description="Only rows of it."),
    ] = None,
    filters: Filters = [],  # noqa: B006 - never changed
    columns: Columns = None,
    limit: Limit = 100,
    cursor: Cursor = None,
    form: Format = "json",
) -> Response:
    """Read rows of a mart in the order of its key, a page at a time.

    In JSON and CSV decimals are text with all their places, and times are UTC. A walk
    through pages is of one publication from its first page to its last.
    """
    publications = publications_of(request)
    asked = (mart, property_name, *filters)
    what = "rows " + hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
    position: tuple[str, ...] = ()
    publication = await publications.current()
    if cursor is not None:
        publication_id, *position = position_of(
            cursor, what, (str, *(str for _ in range(length_of(publication, mart))))
        )
        publication = await publications.named(publication_id)
    found = publication.mart(mart)
    if property_name is not None:
        found.column("property")
        require_property(publication, property_name)
        filters = [f"property:eq:{property_name}", *filters]
    chosen = columns.split(",") if columns else list(found.columns)
    chosen = list(dict.fromkeys(chosen))
    query = RowsQuery(found, chosen, filters, position, limit)
    rows, table, last = await publications.ask(
        publication, lambda conn: query.run(conn, form)
    )
    next_cursor = cursor_of(what, publication.publication_id, *last) if last else None
    if form == "json":
        body = published_by(publication) | {
            "rows": [dict(zip(chosen, row, strict=True)) for row in rows],
            "next_cursor": next_cursor,
        }
        return json_response(body)
    return table_response(
        form,
        csv_text(chosen, rows) if table is None else arrow_bytes(table),
        next_cursor,
        publication.publication_id,
        lambda following: next_link(request, following),
    )


def length_of(publication: Publication, mart: str) -> int:
    """Tell how many values a place in a mart has: its key, or a number of rows."""
    return len(key_of(publication.mart(mart))) or 1


def next_link(request: Request, cursor: str) -> str:
    """Write the address of the next page."""
    others = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name != "cursor"
    ]
    return f"{quote(request.url.path)}?{urlencode([*others, ('cursor', cursor)])}"


def arrow_bytes(table: pa.Table) -> bytes:
    """Write a table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def place(column: str) -> str:
    """Write SQL for a key's value as a cursor holds it: a long text by its hash.

    The path of a journey may be longer than an address can be, and an id out of a
    Parquet file may hold a NUL, which a cursor may not.
    """
    text = f"cast({column} as varchar)"
    return (
        f"case when length({text}) > {LONGEST} or starts_with({text}, '{HASHED}') "
        f"or contains({text}, chr(0)) "
        f"then '{HASHED}' || md5({text}) else {text} end"
    )


class RowsQuery:
    """A query for one page of a mart; every value in it is bound."""

    def __init__(
        self,
        mart: Mart,
        columns: Sequence[str],
        filters: Sequence[str],
        position: Sequence[str],
        limit: int,
    ) -> None:
        """Check the names and values asked for.

        Raises:
            Problem: 404 for a column that is not there, 422 for a misfit.
        """
        self.mart, self.limit, self.position = mart, limit, position
        self.columns = [mart.column(name) for name in columns]
        self.key = key_of(mart)

        def column(name: str) -> tuple[str, str]:
            return quoted_name(name), mart.column(name).data_type

        self.conditions = [condition_of(text, column) for text in filters]
        if self.key and position:
            self.conditions.append(self.beyond())

    def beyond(self) -> Condition:
        """Write the condition that a row comes after a place."""
        sql, values = "", []
        for name, value in reversed(list(zip(self.key, self.position, strict=True))):
            column = quoted_name(name)
            mark = f"cast(? as {self.mart.columns[name].data_type})"
            if value.startswith(HASHED):
                # which text has this hash
                mark = (
                    f"(select any_value({column}) from {self.mart.relation} "
                    f"where {place(column)} = ?)"
                )
            if sql:
                sql = f"{column} > {mark} or ({column} = {mark} and ({sql}))"
                values = [value, value, *values]
            else:
                sql, values = f"{column} > {mark}", [value]
        return Condition(f"({sql})", tuple(values))

    def run(
        self, conn: duckdb.DuckDBPyConnection, form: str
    ) -> tuple[list[tuple], pa.Table | None, list[str]]:
        """Fetch a page.

        Returns:
            The rows; in format arrow a table instead; and the place of the last row,
            empty on the last page.
        """
        is_native = form == "arrow"
        selected = [
            f"{quoted_name(c.name)}"
            if is_native
            else f"{as_text(quoted_name(c.name), c.data_type)} as {quoted_name(c.name)}"
            for c in self.columns
        ]
        places = [
            f"{place(quoted_name(name))} as __place_{number}"
            for number, name in enumerate(self.key)
        ]
        order = ", ".join(f"{self.mart.name}.{quoted_name(n)}" for n in self.key)
        where = " and ".join(condition.sql for condition in self.conditions) or "true"
        offset = 0 if self.key else int(next(iter(self.position), 0))
        sql = (
            f"select {', '.join([*selected, *places])} "
            f"from {self.mart.relation} as {self.mart.name} where {where} "
            f"order by {order or 'all'} limit {self.limit + 1} offset {offset}"
        )
        values = [v for condition in self.conditions for v in condition.values]
        result = conn.execute(sql, values)
        width = len(self.columns)
        if is_native:
            table = result.to_arrow_table()
            page = table.slice(0, self.limit)
            has_more = table.num_rows > self.limit
            ends = [
                page.column(width + number)[-1].as_py()
                for number in range(len(self.key))
                if has_more
            ]
            page = page.select(range(width))
            rows = []
        else:
            found = result.fetchall()
            has_more = len(found) > self.limit
            ends = list(found[self.limit - 1][width:]) if has_more else []
            rows = [row[:width] for row in found[: self.limit]]
            page = None
        if has_more and not self.key:
            ends = [str(offset + self.limit)]
        return rows, page, ends
