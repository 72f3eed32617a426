"""A real browser for tests: Debian's chromium, driven by Playwright, cut off outside.

Nothing is downloaded: without a chromium on the machine the tests that need one are
skipped. A page may ask for files and for loopback; whatever else it asks for is
refused and written down, so that a test can say that there was none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Route,
    WebSocket,
    sync_playwright,
)

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = (1280, 900), (390, 844)
LOCAL_SCHEMES = {"file", "data", "blob", "about"}
LOCAL_HOSTS = {"127.0.0.1", "localhost", "::1"}
# what axe-core is asked for: the published levels A and AA, not its own advice
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
# what a chart is made of; the chart itself has a text
MARKS = "svg.marks > *"


@dataclass
class Visit:
    """One page that a test has open, and what went wrong in it so far."""

    page: Page
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fail if the page met an error or asked for something from outside."""
        assert self.errors == []
        assert self.outside == []

    def violations(self, without: str | None = None) -> list[str]:
        """List what axe-core finds: each rule with the first elements that break it.

        Args:
            without: a selector of elements to pass over, such as the thousands of
                marks in a chart that is one picture to whoever hears it.
        """
        context = {"exclude": [[without]]} if without else None
        options = {"runOnly": {"type": "tag", "values": AXE_TAGS}}
        found = Axe().run(self.page, context, options).response["violations"]
        return [
            f"{rule['id']} ({rule['impact']}): "
            + "; ".join(str(node["target"]) for node in rule["nodes"][:3])
            for rule in found
        ]

    def screenshot(self, path: Path) -> None:
        """Draw the whole page into a PNG file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True)


def chromium_path() -> str | None:
    """Find the browser that the machine has."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Run a browser without a window.

    Args:
        path: the program.
    """
    # root may not run chromium's sandbox
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, headless=True, args=arguments
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = WIDE,
    dark: bool = False,
    wait_until: str = "load",
) -> Iterator[Visit]:
    """Open a page in a profile of its own.

    Args:
        browser: what `chromium` gave.
        url: a page on loopback, or a file.
        size: width and height of the window in CSS pixels.
        dark: whether the reader prefers dark colours.
        wait_until: the event of Playwright that ends the loading.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        service_workers="block",
        accept_downloads=True,
    )
    try:
        seen = Visit(context.new_page())

        def judge(route: Route) -> None:
            address = route.request.url
            if is_local(address):
                route.continue_()
            else:
                seen.outside.append(address)
                route.abort()

        def note(message: ConsoleMessage) -> None:
            if message.type == "error":
                seen.errors.append(message.text)

        def hear(socket: WebSocket) -> None:
            if not is_local(socket.url):
                seen.outside.append(socket.url)

        context.route("**/*", judge)
        seen.page.on("websocket", hear)
        seen.page.on("console", note)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.goto(url, wait_until=wait_until)
        yield seen
    finally:
        context.close()


def is_local(url: str) -> bool:
    """Tell whether an address is a file, in the page itself or on loopback."""
    parts = urlsplit(url)
    return parts.scheme in LOCAL_SCHEMES or parts.hostname in LOCAL_HOSTS
