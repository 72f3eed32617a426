"""Measure how long a reader waits for the dashboard on the marts of a large shop.

    .venv/bin/python benchmarks/dashboard.py
    .venv/bin/python benchmarks/dashboard.py --sessions 1000000
    .venv/bin/python benchmarks/dashboard.py --published FILE

Generates a shop of a year, builds and publishes all its marts in a folder of its own,
serves them, and opens them in chromium: the first page in a new window, a filter that
is set, each page. A wait ends when the page shows its numbers and charts and the server
has nothing more to do. With `--published`, the marts of that file are looked at.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from large_shop import PROJECT, generate_shop, in_a_process, run_dbt

sys.path.insert(0, str(PROJECT / "tests" / "python"))

from playwright.sync_api import Page  # noqa: E402

from browser import chromium, chromium_path, visit  # noqa: E402
from publish import publish  # noqa: E402
from serving.questions import PAGES  # noqa: E402
from support import free_port  # noqa: E402

SESSIONS = 10_000_000
DAYS = 365
VISITS = 5
TARGET_FIRST_PAGE = 3
TARGET_FILTER = 1
CHANNELS = ("Direct Traffic", "Organic Traffic", "Referral")
IS_DRAWN = """
    document.querySelector('h1')
    && document.querySelector('[data-testid=stApp]')?.dataset.testScriptState
        === 'notRunning'
    && !document.querySelector('[data-stale=true]')
    && document.querySelectorAll('svg.marks, .t-table, [data-testid=stAlert]').length
"""


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=SESSIONS, metavar="N")
    parser.add_argument("--published", type=Path, metavar="FILE")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory() as name:
        measure(options.published or large_shop(Path(name), options.sessions))
    return 0


def large_shop(folder: Path, sessions: int) -> Path:
    """Build and publish a large shop; returns the published file."""
    in_a_process(generate_shop, folder, sessions, DAYS)
    built = run_dbt(folder, "build")
    print(f"Built in {built.seconds:.0f} s, {built.gigabytes:.1f} GB")
    path = folder / "published.duckdb"
    publish(folder / "tributary.duckdb", path, folder / "target" / "manifest.json")
    return path


def measure(published: Path) -> None:
    """Print how long a reader waits."""
    program = chromium_path()
    if program is None:
        raise SystemExit("This needs chromium (Debian: chromium).")
    first_pages, filters = [], []
    pages: dict[str, list[float]] = {page.title: [] for page in PAGES}
    with served(published) as address, chromium(program) as browser:
        for _ in range(VISITS):
            started = time.monotonic()
            with visit(browser, address, wait_until="commit") as seen:
                first_pages.append(drawn(seen.page, started))
                filters += [set_filter(seen.page, channel) for channel in CHANNELS]
                for title, waits in pages.items():
                    waits.append(turned(seen.page, title))
                seen.check()
    print(f"\n{'what':<28}{'median s':>9}{'longest s':>10}{'target s':>10}")
    tell("first page, server just up", first_pages[:1], TARGET_FIRST_PAGE)
    tell("first page", first_pages[1:], TARGET_FIRST_PAGE)
    tell("filter", filters, TARGET_FILTER)
    for title, waits in pages.items():
        tell(f"page {title}", waits)
    print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


@contextmanager
def served(published: Path) -> Iterator[str]:
    """Serve a published file; gives the address."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "serving.dashboard", "--port", str(port)],
        cwd=PROJECT,
        env=os.environ | {"TRIBUTARY_PUBLISHED": str(published.resolve())},
        stdout=subprocess.DEVNULL,
    )
    try:
        while server.poll() is None:
            try:
                with urlopen(f"http://127.0.0.1:{port}/_stcore/health"):
                    break
            except URLError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/?property=company_x"
    finally:
        server.terminate()
        server.wait()


def drawn(page: Page, started: float) -> float:
    """Wait until a page is drawn; returns the seconds since the start."""
    page.wait_for_function(IS_DRAWN, timeout=120_000)
    return time.monotonic() - started


def set_filter(page: Page, channel: str) -> float:
    """Add a channel to the filter, and wait for the numbers it leaves."""
    box = page.get_by_role("combobox", name="Channels")
    box.click()
    box.fill(channel)
    before = page.locator(".t-figures").inner_text()
    started = time.monotonic()
    box.press("Enter")
    page.wait_for_function(
        "before => document.querySelector('.t-figures').innerText !== before",
        arg=before,
        timeout=120_000,
    )
    return drawn(page, started)


def turned(page: Page, title: str) -> float:
    """Turn to a page."""
    started = time.monotonic()
    page.locator("[data-testid=stRadio]").get_by_text(title, exact=True).click()
    page.wait_for_function(
        "title => document.querySelector('h1')?.innerText === title",
        arg=title,
        timeout=120_000,
    )
    return drawn(page, started)


def tell(what: str, waits: list[float], target: int | None = None) -> None:
    """Print a line."""
    limit = f"{target:>10}" if target else ""
    print(f"{what:<28}{statistics.median(waits):>9.2f}{max(waits):>10.2f}{limit}")


if __name__ == "__main__":
    sys.exit(main())
