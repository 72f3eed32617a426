"""A large shop to measure with, and what a run over it takes.

`generate_shop` writes it in the 2023 layout as Parquet; `run_dbt` and `run` run a
command in a process of its own, and `tell` prints what it took beside its targets.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
# what projects that are compared with this one run in
PEER_PYTHON = PROJECT / ".venv-benchmarks" / "bin" / "python"
TARGET_GIGABYTES = 8
# the models of attribution that peers have too
RULES = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
)

# name, its part of the sessions in percent, and whether a session costs something
CHANNELS = (
    ("Direct Traffic", 18, False),
    ("Organic Traffic", 16, False),
    ("Paid Search Brand", 13, True),
    ("Paid Search Non Brand", 12, True),
    ("FB & IG Ads", 11, True),
    ("Performance Max", 9, True),
    ("Newsletter & Email", 7, False),
    ("Affiliate & Partnerships", 4, True),
    ("Microsoft Ads", 3, True),
    ("Referral", 3, False),
    ("TikTok Ads", 2, True),
    ("Social Organic", 2, False),
)

# A user has n or more sessions with probability n^-1.1, at most 60: 4 on average. Of
# them 1 / sqrt(n) × 0.23 convert, so that there is one conversion to 10 sessions, and
# buyers of one session as well as of 60. `hash` gives the same numbers each time.
SHOP = """
set enable_progress_bar = false;

create macro uniform(number, salt) as
    hash(number * 100 + salt) / 18446744073709551616.0;

create macro sessions_of_user(number, salt) as
    least(60, floor(power(1 - uniform(number, salt), -1 / 1.1)))::bigint;

create table channels as
select
    row_number() over (order by number) as number,
    channel_name,
    is_paid,
    unnest(range(part)) as slot
from ({channels}) as channels (number, channel_name, part, is_paid);

create table slots as
select
    row_number() over (order by number, slot) - 1 as slot,
    channel_name,
    is_paid
from channels;
"""

SESSION_TABLES = """
create table sessions as
select
    number,
    to_hex(hash(number * 100 + 1)) as session_id,
    to_hex(hash(user_number * 100 + 2)) as user_id,
    timestamp '2023-06-01 00:00:00'
    + to_seconds(floor(uniform(number, 3) * {days} * 86400)::bigint) as started_at,
    slots.channel_name,
    slots.is_paid,
    uniform(number, 4) < 0.23 / sqrt(session_count) as is_converting
from (
    select
        row_number() over () as number,
        user_number,
        session_count
    from (
        select
            range as user_number,
            sessions_of_user(range, 5) as session_count,
            unnest(range(sessions_of_user(range, 5)))
        from range({sessions} // 3)
    )
    limit {sessions}
) as numbered
inner join slots
    on floor(uniform(number, 6) * 100)::bigint = slots.slot;

copy (
    select
        session_id,
        user_id,
        started_at::date as event_date,
        strftime(started_at, '%H:%M:%S') as event_time,
        channel_name,
        number % 2 as holder_engagement,
        number % 3 % 2 as closer_engagement,
        number % 7 % 2 as impression_interaction
    from sessions
) to '{folder}/session_sources.parquet';

copy (
    select
        to_hex(hash(number * 100 + 7)) as conv_id,
        user_id,
        (started_at + interval 10 minute)::date as conv_date,
        strftime(started_at + interval 10 minute, '%H:%M:%S') as conv_time,
        round(10 + 190 * uniform(number, 8), 2) as revenue
    from sessions
    where is_converting
) to '{folder}/conversions.parquet';

copy (
    select
        session_id,
        round(0.1 + 2 * uniform(number, 9), 5) as cost
    from sessions
    where is_paid
) to '{folder}/session_costs.parquet';
"""


@dataclass(frozen=True)
class Run:
    """What a child process took.

    Attributes:
        seconds: wall time.
        cpu_seconds: time of all its threads.
        gigabytes: peak memory.
        nodes: seconds of each dbt node, slowest first; empty where it was not dbt.
        output: what the process printed.
    """

    seconds: float
    cpu_seconds: float
    gigabytes: float
    nodes: list[tuple[float, str]]
    output: str

    @property
    def node_seconds(self) -> float:
        """Seconds of all nodes, added up: wall time where one runs at a time."""
        return sum(seconds for seconds, _ in self.nodes)


def generate_shop(folder: Path, sessions: int, days: int = 90) -> None:
    """Write the shop as one Parquet file per raw table.

    Args:
        folder: gets a folder `raw` with the files.
        sessions: how many the shop has.
        days: how many days they are spread over, from 2023-06-01.
    """
    started = time.monotonic()
    (folder / "raw").mkdir()
    with duckdb.connect() as conn:
        conn.execute(SHOP.format(channels=channel_rows()))
        conn.execute(session_tables(folder / "raw", sessions, days))
        counts = conn.execute(
            "select count(*), count(distinct user_id), count(*) filter (is_converting) "
            "from sessions"
        ).fetchall()[0]
    seconds = time.monotonic() - started
    text = "{:,} sessions of {:,} users and {:,} conversions".format(*counts)
    print(f"\nGenerated {text} in {seconds:.1f} s")


def in_a_process(generate: Callable[..., None], path: Path, *sizes: int) -> None:
    """Generate in a process of its own: children count the memory of their parent."""
    child = get_context("spawn").Process(target=generate, args=(path, *sizes))
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(f"{generate.__name__} ended with {child.exitcode}")


def session_tables(folder: Path, sessions: int, days: int = 90) -> str:
    """Write the SQL that writes the raw tables; it stands on that of `SHOP`."""
    return SESSION_TABLES.format(sessions=sessions, days=days, folder=folder)


def channel_rows() -> str:
    """Write the channels as SQL rows (number, name, part, is_paid)."""
    rows = (f"({number}, '{n}', {p}, {c})" for number, (n, p, c) in enumerate(CHANNELS))
    return f"values {', '.join(rows)}"


def run_dbt(
    folder: Path,
    *arguments: str,
    models: Sequence[str] = (),
    is_tested: bool = False,
) -> Run:
    """Run dbt over the shop, without tests unless told."""
    variables: dict[str, object] = {
        "raw": {"company_x": {"layout": "company_x", "path": str(folder / "raw")}}
    }
    if models:
        variables["attribution_models"] = list(models)
    command: list[str | Path] = [Path(sys.executable).with_name("dbt"), *arguments]
    command += ["--vars", json.dumps(variables)]
    command += ["--target-path", folder / "target", "--log-path", folder]
    if not is_tested and arguments[0] == "build":
        command += ["--resource-type", "seed", "--resource-type", "model"]
    return run(
        command,
        {"TRIBUTARY_DB": str(folder / "tributary.duckdb")},
        folder / "target" / "run_results.json",
    )


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    run_results: Path | None = None,
) -> Run:
    """Run a command in the project's folder; what it used is its own, not our sum.

    Raises:
        SystemExit: the command failed; says what it printed.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        output.seek(0)
        text = output.read()
    if child.returncode:
        raise SystemExit(f"{text}\n{command[0]} ended with {child.returncode}")
    nodes = slowest(run_results) if run_results else []
    cpu = used.ru_utime + used.ru_stime
    return Run(seconds, cpu, used.ru_maxrss * 1024 / 1e9, nodes, text)


def slowest(run_results: Path) -> list[tuple[float, str]]:
    """List the nodes of a run with the seconds they took, slowest first."""
    results = json.loads(run_results.read_text())["results"]
    times = [(result["execution_time"], result["unique_id"]) for result in results]
    return sorted(times, reverse=True)


def tell(title: str, measured: Run, target_seconds: int | None = None) -> None:
    """Print what a run took, beside its targets, and its slowest nodes."""
    target = f"  (target {target_seconds} s)" if target_seconds else ""
    print(f"\n{title}")
    print(f"  Wall time   {measured.seconds:7.1f} s{target}")
    print(f"  CPU time    {measured.cpu_seconds:7.1f} s")
    print(f"  Node time   {measured.node_seconds:7.1f} s")
    print(f"  Peak memory {measured.gigabytes:7.2f} GB (target {TARGET_GIGABYTES} GB)")
    for seconds, node in measured.nodes[:15]:
        print(f"    {seconds:7.2f}  {node}")
