"""What the routes share: pages, cursors, formats, and how they are documented."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel
from starlette.responses import Response

from answers import cell
from serving.api.guard import SCOPES
from serving.api.problems import MEDIA_TYPE, Problem

Item = TypeVar("Item")
PAGE = 10_000
JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"
FORMATS = {"json": JSON, "csv": CSV, "arrow": ARROW}
REASONS = {
    400: "The host name is not one of this API's.",
    401: "No valid token.",
    403: "The token may not do this, or it is another seller's.",
    404: "There is no such thing; what there is, is listed.",
    409: "It cannot be done as things are; what is left is told.",
    410: "The publication that the cursor was begun on is gone.",
    413: "The body is too large.",
    422: "A field is wrong; it is named.",
    429: "Too many requests.",
    500: "Something broke.",
    503: "Nothing is published, or the inventory does not answer.",
    504: "The query took too long.",
}
ALWAYS = (400, 401, 403, 422, 429, 500)

Cursor = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z0-9_-]{1,4000}$",
        description="`next_cursor` of the page before.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=PAGE, description="Rows of a page at most.")]
Format = Annotated[
    Literal["json", "csv", "arrow"],
    Query(alias="format", description="How rows are written."),
]


class Page(BaseModel, Generic[Item]):
    """A page, and the cursor of the next one; null where there is none."""

    items: list[Item]
    next_cursor: str | None


def guarded(*scopes: str) -> dict[str, Any]:
    """Say for a route which scopes let a caller in, one of which is needed."""
    assert set(scopes) <= set(SCOPES)
    return {"openapi_extra": {"security": [{"token": []}], "x-scopes": list(scopes)}}


def described(
    model: type[BaseModel] | list[type[BaseModel]],
    status: int,
    *problems: int,
    formats: Sequence[str] = (),
    links: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Document the answers of a route.

    Args:
        model: the body of the answer, or in a list the items of a page.
        status: its status.
        problems: statuses of refusals, beside those that every route has.
        formats: media types, beside JSON, that the answer may have.
        links: what can be asked with what the answer holds.
    """
    body = Page[model[0]] if isinstance(model, list) else model
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    answers: dict[int, dict[str, Any]] = {
        refused: {"description": REASONS[refused], "content": {MEDIA_TYPE: schema}}
        for refused in sorted({*ALWAYS, *problems})
    }
    answers[status] = {"model": body, "description": "What was asked for."}
    if links:
        answers[status]["links"] = links
    if formats:
        content = {kind: {"schema": {"type": "string"}} for kind in formats}
        answers[status]["content"] = content
    return {"responses": answers}


# --- pages ---------------------------------------------------------------------------


def cursor_of(what: str, *values: Any) -> str:  # noqa: ANN401 - JSON values
    """Write a place in a list as one opaque word."""
    text = json.dumps([what, *values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_of(
    cursor: str | None, what: str, types: Sequence[type]
) -> tuple[Any, ...] | None:
    """Read a cursor of the same list again; None without one.

    Raises:
        Problem: 404 where it is none of this list.
    """
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, *values = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        name, values = None, []
    fits = (
        name == what
        and len(values) == len(types)
        and all(type(v) is t for v, t in zip(values, types, strict=True))
        and all(abs(v) < 2**63 for v in values if isinstance(v, int))
        and all("\0" not in v for v in values if isinstance(v, str))
    )
    if not fits:
        raise Problem(
            404,
            "unknown-cursor",
            "This cursor is none of this list with these filters. Begin again without "
            "a cursor.",
        )
    return tuple(values)


def page_of(
    rows: list[dict[str, Any]], limit: int, what: str, key: str
) -> dict[str, Any]:
    """Cut a page from one row more than it holds."""
    has_more = len(rows) > limit
    rows = rows[:limit]
    return {
        "items": rows,
        "next_cursor": cursor_of(what, rows[-1][key]) if has_more else None,
    }


# --- values --------------------------------------------------------------------------


def as_text(expression: str, data_type: str) -> str:
    """Write SQL that hands over a value as JSON and CSV hold it.

    Decimals stay exact, as text; times are UTC, as RFC 3339 writes them.
    """
    if data_type.startswith("DECIMAL") or data_type == "DATE":
        return f"cast({expression} as varchar)"
    if data_type.startswith("TIMESTAMP"):
        return f"strftime({expression}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if data_type in ("DOUBLE", "FLOAT"):
        return f"case when isfinite({expression}) then {expression} end"
    return expression


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Write rows as CSV (RFC 4180), booleans as JSON has them, null as nothing.

    Text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return sheet.getvalue()


def json_response(
    body: Any,  # noqa: ANN401 - a JSON object
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write JSON."""
    return Response(
        json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        status_code=status,
        media_type=JSON,
        headers=headers,
    )


def table_response(
    form: str,
    body: Any,  # noqa: ANN401 - text or bytes
    next_cursor: str | None,
    publication_id: str,
    link: Callable[[str], str],
) -> Response:
    """Write a page that is no JSON: the cursor of the next one is in the headers."""
    headers = {"X-Publication-ID": publication_id}
    if next_cursor:
        headers["X-Next-Cursor"] = next_cursor
        headers["Link"] = f'<{link(next_cursor)}>; rel="next"'
    return Response(body, media_type=FORMATS[form], headers=headers)
