"""What went wrong, said as RFC 9457 problems: a sentence each, never a stack trace."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from serving.api.patterns import MEANINGS

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:tributary:problem:"
UNREAD = "is read as JSON alone: send it with Content-Type: application/json"
# of what there is, no more names than these are listed
SHOWN = 200
SCHEMA = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "Kind of problem, for programs."},
        "title": {"type": "string", "description": "The kind in words."},
        "status": {"type": "integer", "description": "The status of the response."},
        "detail": {"type": "string", "description": "What is wrong and what to do."},
        "request_id": {"type": "string", "description": "Quote it when you ask."},
        "available": {
            "type": "array",
            "items": {"type": "string"},
            "description": "404: what there is, the first 200.",
        },
        "left": {"type": "integer", "description": "409: tickets left."},
        "errors": {
            "type": "array",
            "description": "422: the fields at fault.",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                },
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "request_id"],
}


class Problem(HTTPException):
    """A refusal: its status, its kind, a sentence, and what a program may need."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: Any,  # noqa: ANN401 - members of a JSON object
    ) -> None:
        """Remember what to say; `more` are further members of the problem."""
        super().__init__(status, detail, dict(headers or {}))
        self.kind, self.more = kind, more


def unknown(kind: str, name: str, available: Iterable[str]) -> Problem:
    """Refuse a name that nothing has, listing those that something has."""
    names = sorted(available)
    there = ", ".join(names[:SHOWN]) or "none"
    if len(names) > SHOWN:
        there += f" and {len(names) - SHOWN} more"
    return Problem(
        404,
        f"unknown-{kind}",
        f"No {kind} is called {shown(name)}. There is: {there}.",
        available=names[:SHOWN],
    )


def shown(text: str) -> str:
    """Quote what was asked for, cut where it is long."""
    return json.dumps(text if len(text) <= 80 else f"{text[:80]}…", ensure_ascii=False)


def invalid(field: str, message: str) -> Problem:
    """Refuse one field of a request."""
    return Problem(
        422,
        "invalid-request",
        f"{field}: {message}",
        errors=[{"field": field, "message": message}],
    )


def problem_response(problem: Problem, request_id: str) -> Response:
    """Write a problem as a response."""
    title = problem.kind.replace("-", " ").capitalize()
    body = {
        "type": PREFIX + problem.kind,
        "title": title,
        "status": problem.status_code,
        "detail": problem.detail,
        "request_id": request_id,
        **problem.more,
    }
    return Response(
        json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        status_code=problem.status_code,
        media_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def request_id_of(request: Request) -> str:
    """Tell the id that the request was given."""
    return request.scope.get("state", {}).get("request_id", "-")


async def on_problem(request: Request, problem: Problem) -> Response:
    """Answer with a problem."""
    return problem_response(problem, request_id_of(request))


async def on_http_exception(request: Request, error: HTTPException) -> Response:
    """Answer what the framework refuses: a path or a method that is not there."""
    status = HTTPStatus(error.status_code)
    if status == 400:
        # its only reason: the bytes of a body are no JSON that can be read
        fault = invalid("body", "is no JSON that can be read.")
        return problem_response(fault, request_id_of(request))
    details = {
        404: "Nothing is at this address. /v1/docs lists what there is.",
        405: "This address does not take that method. /v1/docs lists what it takes.",
    }
    headers = dict(error.headers or {})
    if status == 405:
        # an address may have several routes, each of which knows its own method alone
        known = request.app.state.methods
        methods = {
            m for path, own in known if path.match(request.url.path) for m in own
        }
        headers["Allow"] = ", ".join(sorted(methods)) or headers.get("Allow", "GET")
    problem = Problem(
        status,
        status.phrase.lower().replace(" ", "-"),
        details.get(status, f"{status.phrase}."),
        headers=headers,
    )
    return problem_response(problem, request_id_of(request))


async def on_invalid_request(
    request: Request, error: RequestValidationError
) -> Response:
    """Answer a malformed request, naming each field, and quoting none of it."""
    # a body that is not said to be JSON has not been read
    is_unread = isinstance(error.body, bytes)
    errors = [
        {
            "field": field_name(fault["loc"]),
            "message": UNREAD
            if is_unread and len(fault["loc"]) == 1
            else message_of(fault),
        }
        for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in errors[:5])
    problem = Problem(422, "invalid-request", detail, errors=errors)
    return problem_response(problem, request_id_of(request))


def message_of(fault: Mapping[str, Any]) -> str:
    """Say what is wrong with a field, in words where it does not fit a pattern."""
    pattern = fault.get("ctx", {}).get("pattern")
    return MEANINGS.get(pattern, fault["msg"])


def field_name(location: tuple[str | int, ...]) -> str:
    """Name a field as its sender knows it: `quantity`, `body` for all of it."""
    inner = [str(part) for part in location[1:]]
    if not inner or inner[0].isdigit():
        return str(location[0])
    return ".".join(inner)
