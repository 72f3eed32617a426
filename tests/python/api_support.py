"""What the tests of the API share: an API in this process, or one of its own."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI

from serving.api import tokens
from serving.api.app import create_app
from serving.api.inventory.engine import Database
from serving.api.inventory.store import Store, utc_now
from serving.api.settings import INVENTORY, Settings
from support import PROJECT, environment, free_port

BASE = "http://127.0.0.1:8000"
ZONE = ZoneInfo("America/Chicago")


def sqlite_url(folder: Path) -> str:
    """Name an inventory in a folder."""
    return f"sqlite:///{folder / 'inventory.db'}"


def settings_for(published: Path, url: str, **changes: Any) -> Settings:  # noqa: ANN401
    """Set an API up that limits nobody's rate, unless told otherwise."""
    settings = Settings(published=published, inventory=url, time_zone=ZONE)
    generous = {"token_rate": 1e6, "address_rate": 1e6, "refused_burst": 1e6}
    return replace(settings, **(generous | changes))


def opened_store(url: str, clock: Any = utc_now, seconds: int = 600) -> Store:  # noqa: ANN401
    """Open an inventory with its newest schema."""
    database = Database(url)
    database.migrate()
    return Store(database, ZONE, seconds, clock)


def plain_url(url: str) -> str:
    """Write a connection string as a user would."""
    return url.removeprefix("sqlite:///").replace("postgresql+psycopg", "postgresql")


def make_token(url: str, seller: str, scopes: str = "read lots sales") -> str:
    """Make a token by the command."""
    printed = io.StringIO()
    with environment(**{INVENTORY: plain_url(url)}), redirect_stdout(printed):
        assert tokens.main(["make", seller, "--scopes", scopes]) == 0
    return printed.getvalue().strip()


@cache
def event_loop() -> asyncio.AbstractEventLoop:
    """Run one event loop for all requests of a test process."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


class Client:
    """Asks an API in this process, as one seller."""

    def __init__(self, app: FastAPI, token: str | None) -> None:
        """Remember whom to ask."""
        self.app, self.token = app, token

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send one request."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, headers=headers, **options)

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send one request and wait for the answer."""
        answer = self.send(method, path, **options)
        return asyncio.run_coroutine_threadsafe(answer, event_loop()).result(60)

    def get(self, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Get an address."""
        return self("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Post JSON."""
        return self("POST", path, json=body, **options)


def api_on(published: Path, url: str, **changes: Any) -> FastAPI:  # noqa: ANN401
    """Make an API in this process."""
    return create_app(settings_for(published, url, **changes))


@contextmanager
def running_api(
    published: Path, url: str, output: int = subprocess.DEVNULL, **variables: str
) -> Iterator[tuple[subprocess.Popen, str]]:
    """Run an API as a process of its own; gives it and its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "serving.api", "--port", str(port), "--quiet"],
        cwd=PROJECT,
        env=os.environ
        | {"TRIBUTARY_PUBLISHED": str(published), INVENTORY: plain_url(url)}
        | {"TRIBUTARY_API_RATE": "1000000"}
        | variables,
        stdout=output,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, process)
        yield process, address
    finally:
        process.kill()
        process.wait()


def wait_for(address: str, process: subprocess.Popen) -> None:
    """Wait until an API answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/v1/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the API does not answer")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        """Begin at a moment."""
        self.now = datetime(2026, 3, 1, 12)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now
