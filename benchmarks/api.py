"""Put load on the API over loopback and print what it answers: rate and latency.

    make bench-api
    .venv/bin/python benchmarks/api.py --reads 500 --writes 100 --seconds 20

Requests are sent when their time comes, whether or not the last ones are answered, and
their latency counts from then, so that a slow answer is not hidden by the requests that
wait behind it. Reads are of the published file: tickets of events, pages of marts with
filters, metrics by dimensions; at random, so that some are asked again and answered
from memory, as where people look at the same things. `new` are reads none of which has
been asked before. Writes post lots and sell tickets of them, in an inventory of the
run's own (SQLite, each answer on disk). `CPU` is what the server's process took for a
request: what the machine does otherwise is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import duckdb

from publish import PROJECT, published_file

CONNECTIONS = 64
TARGET_MS = 100


@dataclass
class Load:
    """What was sent and what came back."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0
    cpu_seconds: float = 0


@dataclass
class Request:
    """A request as it goes over the wire."""

    method: str
    path: str
    body: bytes = b""

    def encoded(self, token: str) -> bytes:
        """Write it in HTTP/1.1."""
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Bearer {token}",
            "Content-Type: application/json",
            f"Content-Length: {len(self.body)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Connection:
    """One connection that is kept."""

    def __init__(self, port: int) -> None:
        """Remember where to connect."""
        self.port = port
        self.reader: asyncio.StreamReader | None = None

    async def ask(self, message: bytes) -> tuple[int, bytes]:
        """Send a request; gives status and body of the answer."""
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", self.port
            )
        self.writer.write(message)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return int(head[9:12]), await self.reader.readexactly(length)


@dataclass(frozen=True)
class Server:
    """An API that runs: its process, its port and a token."""

    process: int
    port: int
    token: str

    def cpu_seconds(self) -> float:
        """Tell how long its process has been at work (Linux)."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def run(
    server: Server, rate: float, seconds: float, make: Callable[[int], Request]
) -> Load:
    """Send requests at a rate, for so many seconds."""
    load, free = Load(), asyncio.Queue[Connection]()
    for _ in range(CONNECTIONS):
        free.put_nowait(Connection(server.port))
    begun, cpu = time.perf_counter(), server.cpu_seconds()

    async def send(number: int) -> None:
        due = begun + number / rate
        connection = await free.get()
        status, _ = await connection.ask(make(number).encoded(server.token))
        load.latencies.append(time.perf_counter() - due)
        load.statuses[status] += 1
        free.put_nowait(connection)

    tasks = []
    for number in range(int(rate * seconds)):
        wait = begun + number / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(send(number)))
    await asyncio.gather(*tasks)
    load.seconds = time.perf_counter() - begun
    load.cpu_seconds = server.cpu_seconds() - cpu
    return load


def reads(published: Path, *, is_new: bool = False) -> Callable[[int], Request]:
    """Make reads of names and days that the published file has.

    Args:
        published: the file.
        is_new: whether no two may be alike.
    """
    with duckdb.connect(str(published), read_only=True) as conn:
        events = conn.execute(
            "select distinct event_id from marts.dim_events "
            "where property = 'vivid_seats' order by 1"
        ).fetchall()
        users = conn.execute(
            "select distinct user_id from marts.fct_sessions "
            "where user_id is not null order by 1 limit 5000"
        ).fetchall()
        days = conn.execute(
            "select distinct report_date::varchar from marts.rpt_channel_costs "
            "order by 1"
        ).fetchall()
    random = Random(1)

    def make(number: int) -> Request:
        (day,), (user,) = random.choice(days), random.choice(users)
        match number % 4:
            case 0:
                (event,) = random.choice(events)
                wanted = random.randint(1, 6)
                path = f"/v1/events/{event}/tickets?quantity={wanted}"
            case 1:
                path = f"/v1/marts/fct_sessions/rows?filter=user_id:eq:{user}"
            case 2:
                path = f"/v1/marts/rpt_channel_costs/rows?filter=report_date:ge:{day}"
            case _:
                path = f"/v1/metrics/cost/values?dimensions=property&from={day}"
        if is_new:
            # another page size is another question
            path += f"&section={number}" if number % 4 == 0 else f"&limit={number + 20}"
        return Request("GET", path)

    return make


def posts(_: int) -> Request:
    """Make a lot to post."""
    lot = {"event_id": "e01", "quantity": 100, "price": "49.50", "section": "101"}
    return Request("POST", "/v1/inventory/lots", json.dumps(lot).encode())


def writes(lots: list[str]) -> Callable[[int], Request]:
    """Make writes: three sales to each lot that is posted."""
    random = Random(1)

    def make(number: int) -> Request:
        if number % 4 == 0:
            return posts(number)
        sale = {"lot_id": random.choice(lots), "quantity": 1}
        return Request("POST", "/v1/inventory/sales", json.dumps(sale).encode())

    return make


@asynccontextmanager
async def running(published: Path, folder: Path) -> AsyncIterator[Server]:
    """Run the API on an inventory of its own."""
    variables = os.environ | {
        "TRIBUTARY_PUBLISHED": str(published),
        "TRIBUTARY_INVENTORY": str(folder / "inventory.db"),
        "TRIBUTARY_API_RATE": "100000",
    }
    scopes = ["--scopes", "read lots sales"]
    command = [sys.executable, "-m", "serving.api.tokens", "make", "bench", *scopes]
    token = subprocess.check_output(command, env=variables, cwd=PROJECT, text=True)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "serving.api", "--port", str(port)],
        env=variables,
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                await Connection(port).ask(Request("GET", "/v1/health").encoded(""))
                break
            except OSError:
                await asyncio.sleep(0.1)
        yield Server(process.pid, port, token.strip())
    finally:
        process.terminate()
        process.wait()


def line(name: str, rate: float, load: Load) -> str:
    """Sum up a load in one line."""
    ordered = sorted(load.latencies)

    def quantile(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    faults = sum(n for status, n in load.statuses.items() if status >= 300)
    return (
        f"{name:<8}{rate:>9.0f}{len(ordered) / load.seconds:>12.0f}"
        f"{quantile(0.5):>9.1f}{quantile(0.95):>9.1f}{quantile(0.99):>9.1f}"
        f"{ordered[-1] * 1000:>9.1f}{load.cpu_seconds / len(ordered) * 1000:>9.2f}"
        f"{faults:>9}"
    )


async def measure(
    read_rate: float, new_rate: float, write_rate: float, seconds: float
) -> int:
    """Measure reads, then writes; returns 1 where the target is missed."""
    published = published_file()
    with tempfile.TemporaryDirectory() as folder:
        async with running(published, Path(folder)) as server:
            make = reads(published)
            await run(server, 100, 2, make)
            print(
                f"{'':<8}{'asked/s':>9}{'answered/s':>12}{'p50 ms':>9}{'p95 ms':>9}"
                f"{'p99 ms':>9}{'max ms':>9}{'CPU ms':>9}{'refused':>9}"
            )
            load = await run(server, read_rate, seconds, make)
            print(line("reads", read_rate, load))
            p99 = sorted(load.latencies)[int(0.99 * len(load.latencies))] * 1000
            new = reads(published, is_new=True)
            load = await run(server, new_rate, seconds, new)
            print(line("new", new_rate, load))
            connection = Connection(server.port)
            lots = []
            for number in range(20):
                _, body = await connection.ask(posts(number).encoded(server.token))
                lots.append(json.loads(body)["lot_id"])
            load = await run(server, write_rate, seconds, writes(lots))
            print(line("writes", write_rate, load))
    return int(p99 > TARGET_MS)


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reads", type=float, default=500, metavar="A_SECOND")
    parser.add_argument("--new", type=float, default=200, metavar="A_SECOND")
    parser.add_argument("--writes", type=float, default=100, metavar="A_SECOND")
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    return asyncio.run(
        measure(options.reads, options.new, options.writes, options.seconds)
    )


if __name__ == "__main__":
    sys.exit(main())
