"""Who may call, how often and with how much; and what is logged of it.

A token is `trib_<token id>_<secret>`. The id finds the row, the secret is compared in
constant time with the hash that is stored there. Nothing that a caller sends is logged:
no address, no query, no body, no token.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import math
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_origin

from anyio import to_thread
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problems import Problem, invalid, problem_response

PREFIX = "trib"
SCOPES = {
    "read": "read marts, metrics and events",
    "lots": "post and change lots of one's own",
    "sales": "reserve and sell tickets of one's own lots",
    "checkout": "reserve and sell tickets of anybody's lots, and see everybody's "
    "lots, reservations, sales and changes",
}
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
TOKEN = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([A-Za-z0-9-]{{43}})")
KNOWN_CALLERS = 10_000
# seconds in which a token is not looked up again; as long a revoked one may still do
REMEMBERED = 0.5
READING = frozenset({"read"})
# answers of a publication that are kept: each at most, and all together
ANSWER_BYTES, ALL_ANSWERS_BYTES = 1 << 18, 1 << 26

LOG = logging.getLogger("tributary.api")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True)
class Caller:
    """Whoever a token lets in: the seller it was made for, and what they may do."""

    token_id: str
    seller_id: str
    scopes: frozenset[str]


@dataclass(frozen=True)
class StoredToken:
    """A token as it is stored: the hash of its secret, never the secret."""

    token_id: str
    seller_id: str
    secret_hash: str
    scopes: frozenset[str]
    expires_at: datetime
    revoked_at: datetime | None


def new_token() -> tuple[str, str, str]:
    """Make a token; returns its id, the hash to store, and the token itself."""
    token_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32).replace("_", "-")
    return token_id, hashed(secret), f"{PREFIX}_{token_id}_{secret}"


def hashed(secret: str) -> str:
    """Hash a secret of 256 random bits: one round is enough for what none can guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Buckets:
    """Token buckets: so many requests a second each, and so many at once."""

    def __init__(self, rate: float, burst: float) -> None:
        """Begin with all buckets full."""
        self.rate, self.burst = rate, max(burst, 1)
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one from a bucket; returns the seconds to wait, 0 where it is there."""
        now = time.monotonic()
        level, seen = self._levels.pop(key, (self.burst, now))
        level = min(self.burst, level + (now - seen) * self.rate)
        wait = 0.0 if level >= 1 else (1 - level) / self.rate
        self._levels[key] = (level if wait else level - 1, now)
        if len(self._levels) > KNOWN_CALLERS:
            self._levels.popitem(last=False)
        return wait


class Guard:
    """Checks each request before anything of it is read."""

    def __init__(
        self,
        find_token: Callable[[str], StoredToken | None],
        *,
        token_rate: float,
        address_rate: float,
        refused_rate: float,
        refused_burst: float,
    ) -> None:
        """Remember where tokens are found, and set up the limits."""
        self.find_token = find_token
        self.found: OrderedDict[str, tuple[StoredToken, float]] = OrderedDict()
        self.by_token = Buckets(token_rate, token_rate)
        self.by_address = Buckets(address_rate, address_rate)
        self.refused = Buckets(refused_rate, refused_burst)

    async def admit(self, request: Request, scopes: frozenset[str]) -> Caller:
        """Let a request in that has a valid token with one of the scopes.

        Raises:
            Problem: 401 without a valid token, 403 without the scope, 429 too often.
        """
        address = request.client.host if request.client else "-"
        allow(self.by_address.take(address), "address")
        caller = await self.caller(request.headers.get("authorization", ""))
        if caller is None:
            allow(self.refused.take(address), "address, with tokens that are refused")
            raise Problem(
                401,
                "not-authenticated",
                "Send a valid token as `Authorization: Bearer trib_…`. This one is "
                "absent, wrong, expired or revoked; `make token` makes another.",
                headers={"WWW-Authenticate": 'Bearer realm="tributary"'},
            )
        allow(self.by_token.take(caller.token_id), "token")
        if not scopes & caller.scopes:
            wanted = " or ".join(sorted(scopes))
            raise Problem(
                403,
                "scope-missing",
                f"This needs a token with scope {wanted}; yours has "
                f"{' '.join(sorted(caller.scopes))}.",
            )
        return caller

    async def caller(self, authorization: str) -> Caller | None:
        """Find who a header stands for; None if the token is not valid now."""
        scheme, _, text = authorization.partition(" ")
        match = TOKEN.fullmatch(text.strip())
        if scheme.lower() != "bearer" or match is None:
            return None
        token_id, secret = match.groups()
        stored, until = self.found.get(token_id, (None, 0.0))
        if until < time.monotonic():
            stored = await to_thread.run_sync(self.find_token, token_id)
            if stored:
                self.found[token_id] = (stored, time.monotonic() + REMEMBERED)
                while len(self.found) > KNOWN_CALLERS:
                    self.found.popitem(last=False)
        # an unknown id costs as much as a wrong secret
        expected = stored.secret_hash if stored else hashed("")
        is_right = hmac.compare_digest(hashed(secret), expected)
        if stored is None or not is_right or stored.revoked_at is not None:
            return None
        if stored.expires_at <= datetime.now(UTC).replace(tzinfo=None):
            return None
        return Caller(stored.token_id, stored.seller_id, stored.scopes)


def allow(wait: float, whose: str) -> None:
    """Refuse a request that comes too soon.

    Raises:
        Problem: 429, saying when to come back.
    """
    if wait:
        seconds = math.ceil(wait)
        raise Problem(
            429,
            "too-many-requests",
            f"Too many requests from this {whose}. Try again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )


class GuardedRoute(APIRoute):
    """A route that asks the guard first: before body and parameters are looked at.

    The scopes, one of which is needed, are in `openapi_extra` as `x-scopes`.
    """

    def get_route_handler(self) -> Handler:
        """Wrap the framework's handler."""
        handler = super().get_route_handler()
        scopes = frozenset((self.openapi_extra or {})["x-scopes"])
        fields = self.dependant.query_params
        names = sorted(field.alias for field in fields)
        lists = {f.alias for f in fields if get_origin(f.field_info.annotation) is list}

        async def guarded(request: Request) -> Response:
            state = request.app.state
            request.state.caller = await state.guard.admit(request, scopes)
            for name in request.query_params:
                if name not in names:
                    there = f"There is: {', '.join(names)}." if names else ""
                    raise invalid(
                        name[:80], f"is no parameter of this. {there}".strip()
                    )
                if name not in lists and len(request.query_params.getlist(name)) > 1:
                    raise invalid(name, "is given more than once.")
            if scopes != READING:
                return await handler(request)
            publication = await state.publications.current()
            asked = (request.scope["path"], request.scope["query_string"])
            response = publication.answers.get(asked)
            if response is None:
                response = await handler(request)
                publication.answers.keep(asked, response)
            return response

        return guarded


class Answers:
    """The last answers of one publication: it never changes, so they stay true."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[Hashable, tuple[Response, int]] = OrderedDict()
        self._bytes = 0

    def get(self, asked: Hashable) -> Response | None:
        """Give the answer to what has been asked before."""
        if found := self._kept.get(asked):
            self._kept.move_to_end(asked)
            return found[0]
        return None

    def keep(self, asked: Hashable, response: Response) -> None:
        """Keep a good answer of moderate size, and forget the oldest for it."""
        size = len(response.body) + 1000
        if response.status_code != 200 or size > ANSWER_BYTES or asked in self._kept:
            return
        self._kept[asked] = (response, size)
        self._bytes += size
        while self._bytes > ALL_ANSWERS_BYTES:
            _, (_, size) = self._kept.popitem(last=False)
            self._bytes -= size


class Envelope:
    """Around all else: request id, body limit, host, log, and no stack trace ever."""

    def __init__(self, app: ASGIApp, body_bytes: int, hosts: tuple[str, ...]) -> None:
        """Remember what to wrap."""
        self.app, self.body_bytes = app, body_bytes
        # a browser writes a host's name in small letters
        self.hosts = tuple(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see to it that it is answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status, fault = time.perf_counter(), 0, ""

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # an answer that is kept has its own headers
                message = {**message, "headers": list(message["headers"])}
                marked = MutableHeaders(scope=message)
                marked["X-Request-ID"] = request_id
                marked["X-Content-Type-Options"] = "nosniff"
                marked.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            self.check_host(headers.get("host", ""))
            await self.app(scope, self.limited(headers, receive), send_marked)
        except Exception as error:  # noqa: BLE001 - the caller gets a sentence
            problem = error
            if not isinstance(error, Problem):
                fault = place_of(error)
                problem = Problem(
                    500,
                    "internal-error",
                    "Something broke here. Report it with the request id.",
                )
            if not status:
                response = problem_response(problem, request_id)
                await response(scope, receive, send_marked)
        finally:
            route = scope.get("route")
            entry = {
                "request_id": request_id,
                "method": scope["method"],
                "route": getattr(route, "path", "(none)"),
                "status": status,
                "ms": round((time.perf_counter() - started) * 1000, 1),
            }
            caller = scope["state"].get("caller")
            entry |= {"token": caller.token_id} if caller else {}
            entry |= {"fault": fault} if fault else {}
            LOG.log(logging.ERROR if fault else logging.INFO, json.dumps(entry))

    def check_host(self, host: str) -> None:
        """Refuse a page elsewhere that has its own name resolve to this machine."""
        name = (host if host.endswith("]") else host.rsplit(":", 1)[0]).lower()
        if name not in self.hosts and "*" not in self.hosts:
            raise Problem(
                400,
                "unknown-host",
                f"This API answers to {', '.join(self.hosts)} and to no other host "
                "name. TRIBUTARY_API_HOSTS adds names.",
            )

    def limited(self, headers: Headers, receive: Receive) -> Receive:
        """Count what comes in, and stop at the limit.

        Raises:
            Problem: 413 where the body is said to be larger than it may be.
        """
        too_large = Problem(
            413,
            "body-too-large",
            f"A body may have at most {self.body_bytes:,} bytes.",
            headers={"Connection": "close"},
        )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.body_bytes:
            raise too_large
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.body_bytes:
                raise too_large
            return message

        return counted


def place_of(error: BaseException) -> str:
    """Name a fault by its kind and place; its message may quote what was sent."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = (
        f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        if trace
        else "?"
    )
    return f"{type(error).__name__} at {where}"
