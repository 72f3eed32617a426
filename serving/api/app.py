"""Put the API together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import compile_path
from starlette.staticfiles import StaticFiles

from serving.api import events, marts, metrics
from serving.api.documented import json_response
from serving.api.guard import SCOPES, Envelope, Guard
from serving.api.inventory import routes as inventory
from serving.api.inventory.engine import Database
from serving.api.inventory.store import Store, utc_now
from serving.api.problems import (
    SCHEMA,
    Problem,
    on_http_exception,
    on_invalid_request,
    on_problem,
)
from serving.api.publication import Publications
from serving.api.settings import Settings

DESCRIPTION = """\
Metrics and marts of the published file, read-only, and a ticket inventory that cannot
be oversold. Send a token with each request: `Authorization: Bearer trib_…`; `make
token` makes one. What goes wrong is told as a problem (RFC 9457) with a sentence.

Whatever changes the inventory takes a header `Idempotency-Key` (1 to 200 letters,
digits or signs): the same key with the same request again gets the first answer again,
and is done once; with another request it is refused (422).
"""


def create_app(settings: Settings, store: Store | None = None) -> FastAPI:
    """Make the API; the inventory is brought to its newest schema first.

    Args:
        settings: how to run.
        store: an inventory that is open already, for tests.

    Raises:
        metrics.DefinitionError: a metric that cannot be compiled.
    """
    if store is None:
        database = Database(settings.inventory)
        database.migrate()
        store = Store(database, settings.time_zone, settings.reservation_seconds)
    app = FastAPI(
        title="Tributary",
        version="1",
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
        exception_handlers={
            Problem: on_problem,
            HTTPException: on_http_exception,
            RequestValidationError: on_invalid_request,
        },
    )
    app.state.settings = settings
    app.state.store = store
    app.state.publications = Publications(settings.published, settings.query_seconds)
    app.state.metrics = metrics.read_metrics()
    app.state.guard = Guard(
        store.find_token,
        token_rate=settings.token_rate,
        address_rate=settings.address_rate,
        refused_rate=settings.refused_rate,
        refused_burst=settings.refused_burst,
    )
    for module in (metrics, marts, events, inventory):
        app.include_router(module.ROUTER)
    add_pages(app)
    app.add_middleware(Envelope, body_bytes=settings.body_bytes, hosts=settings.hosts)
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Forget old idempotency keys at the start, and close the inventory at the end."""
    store, settings = app.state.store, app.state.settings
    store.forget_before(utc_now() - timedelta(days=settings.idempotency_days))
    yield
    store.database.close()


def add_pages(app: FastAPI) -> None:
    """Add what needs no token: the documentation and whether the API runs."""
    document = openapi(app)
    app.state.methods = [
        (compile_path(path)[0], {method.upper() for method in operations})
        for path, operations in document["paths"].items()
    ]
    folder = Path(find_spec("fastapi_offline").submodule_search_locations[0])

    @app.get("/v1/openapi.json", include_in_schema=False)
    async def openapi_document() -> Response:
        return json_response(document)

    @app.get("/v1/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title="Tributary: the API",
            swagger_js_url="docs/swagger-ui-bundle.js",
            swagger_css_url="docs/swagger-ui.css",
            swagger_favicon_url="docs/favicon.png",
        )

    @app.get("/v1/health", include_in_schema=False)
    async def health() -> Response:
        return json_response({"status": "ok"})

    # the page asks no other host for its scripts
    app.mount("/v1/docs", StaticFiles(directory=folder / "static"))


def openapi(app: FastAPI) -> dict[str, Any]:
    """Write the OpenAPI document."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    scopes = "; ".join(f"`{name}`: {may}" for name, may in SCOPES.items())
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": f"A token of `make token`. Its scopes: {scopes}.",
        }
    }
    return document
