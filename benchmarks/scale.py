"""Build shops of any size and print what every layer and model took.

    make bench SESSIONS=10000000
    make bench SESSIONS=10000000 OPTIONS='--only company_x --no-tests --threads 1'
    .venv/bin/python benchmarks/scale.py --sessions 1000000 --temp /mnt/large

Generates shops in the shapes of all properties as Parquet (benchmarks/every_shop.py),
runs `dbt build` on them, reads them before and after once into DuckDB tables for the
floor, and prints per layer and model wall time, CPU time, peak memory, what was spilled
to disk, rows, bytes and the ratio to the floor. Then the part of Company X that can be
done by hand is run by dbt, in pandas and in Polars, a process each, and their totals
are compared to the cent. What is published is not touched, and what is written is
removed.

dbt runs as many nodes at a time as the project's profile says. Those that run at the
same time get equal parts of the CPU time; `--threads 1` tells what is each one's own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import yaml

from every_shop import LAYOUTS, PART, generate_shops, run_config, size_of
from large_shop import PEER_PYTHON, PROJECT, RULES

# pandas takes 1.5 GB per million sessions
PEER_SESSIONS = 20_000_000
# written before anything is spilled: by all builds, and by each session
SMALLEST_GIGABYTES = 0.1
SESSION_GIGABYTES = 0.3e-6
# fewer, and a shop of a tenth of them may have no order
LEAST_SESSIONS = 1_000
LAYERS = ("seeds", "staging", "intermediate", "marts", "data tests")
BY_HAND = (
    "fct_sessions",
    "fct_touchpoints",
    "fct_attribution_credits",
    "rpt_channel_attribution",
    "fct_conversion_reconciliation",
)

TARGET_FLOORS = 8
TARGET_GIGABYTES = {10_000_000: 8, 100_000_000: 20}
TARGET_SAMPLE_SECONDS = 20

FLOOR = """
import sys
from pathlib import Path
import duckdb

raw, database = Path(sys.argv[1]), sys.argv[2]
with duckdb.connect(database) as conn:
    conn.execute("set enable_progress_bar = false")
    conn.execute("set memory_limit = '" + sys.argv[3] + "'")
    for folder in sorted(raw.iterdir()):
        conn.execute(f"create schema {folder.name}")
        for table in sorted(folder.iterdir()):
            files = table / "*.parquet" if table.is_dir() else table
            name = f"{folder.name}.{table.stem}"
            conn.execute(f"create table {name} as from read_parquet('{files}')")
"""


@dataclass(frozen=True)
class Node:
    """What a node of dbt took.

    Attributes:
        name: the node without its package; `start` is dbt before its first node.
        layer: one of `LAYERS`, or dbt.
        status: what dbt says of it.
        started: seconds after the start of the process.
        seconds: wall time.
        cpu_seconds: time of all threads.
        gigabytes: peak memory of the process meanwhile.
        spilled_gigabytes: the most that lay in DuckDB's folder for what does not fit.
    """

    name: str
    layer: str
    status: str
    started: float
    seconds: float
    cpu_seconds: float
    gigabytes: float
    spilled_gigabytes: float

    @property
    def is_built(self) -> bool:
        """Whether it is a seed or a model."""
        return self.layer not in {"data tests", "dbt"}


@dataclass(frozen=True)
class Used:
    """What a child process used: wall and CPU seconds, peak gigabytes, its output."""

    seconds: float
    cpu_seconds: float
    gigabytes: float
    output: str = ""


def main() -> int:
    """Read the command line and measure; returns 1 where totals differ."""
    sys.stdout.reconfigure(line_buffering=True)
    # whoever ends it finds nothing left of it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    arguments = read_arguments()
    print(f"{machine()}; {versions()}")
    try:
        is_sound = measure(arguments)
    except (OSError, duckdb.Error) as error:
        raise SystemExit(f"cannot go on: {error}".splitlines()[0]) from None
    return int(not is_sound)


def measure(arguments: argparse.Namespace) -> bool:
    """Generate, build and compare; tells whether all totals agree."""
    with folder_for(arguments) as folder:
        raw = folder / "raw"
        print(f"\nGenerating {generated(arguments)}")
        generate_shops(raw, arguments.sessions, arguments.only)
        measure_build(folder, arguments)
        is_sound = True
        if arguments.peers and "company_x" in arguments.only:
            is_sound = compare_by_hand(folder, arguments)
        if arguments.sample:
            measure_sample(folder, arguments)
    return is_sound


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sessions",
        type=session_count,
        default=1_000_000,
        metavar="N",
        help=f"of Company X, at least {LEAST_SESSIONS:,} (%(default)s)",
    )
    parser.add_argument(
        "--only", nargs="+", choices=tuple(LAYOUTS), default=tuple(LAYOUTS)
    )
    parser.add_argument(
        "--threads",
        default=str(project_profile()["threads"]),
        help="of dbt, those of its profile unless said (%(default)s)",
    )
    parser.add_argument(
        "--memory",
        type=memory_limit,
        default=f"{memory_of_machine() / 1.5e9:.1f}GB",
        help="what DuckDB may hold before it spills, of which it counts not all: two "
        "thirds of the machine's (%(default)s)",
    )
    parser.add_argument(
        "--temp",
        type=Path,
        help="where to write: 0.3 GB per million sessions and what is spilled",
    )
    parser.add_argument("--tests", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--peers", action=argparse.BooleanOptionalAction)
    parser.add_argument(
        "--sample",
        action="store_true",
        help="build the sample as well, for what dbt itself costs",
    )
    parser.add_argument("--models", type=int, default=30, help="how many to list")
    arguments = parser.parse_args()
    if arguments.peers is None:
        arguments.peers = arguments.sessions <= PEER_SESSIONS and PEER_PYTHON.exists()
    return arguments


def session_count(text: str) -> int:
    """Read how many sessions Company X has; fewer make no orders in some of the shops.

    Raises:
        argparse.ArgumentTypeError: too few of them, or no whole number.
    """
    if not text.isascii() or not text.isdigit() or int(text) < LEAST_SESSIONS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no whole number from {LEAST_SESSIONS:,} on"
        )
    return int(text)


def memory_limit(text: str) -> str:
    """Check a size of memory by letting DuckDB read it.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        duckdb.connect(config={"memory_limit": text}).close()
    except duckdb.Error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no size of memory, such as 8GB"
        ) from None
    return text


def generated(arguments: argparse.Namespace) -> str:
    """Say how large the shops are that are generated."""
    others = [name for name in arguments.only if name != "company_x"]
    told = []
    if "company_x" in arguments.only:
        told.append(f"company_x of {arguments.sessions:,} sessions")
    if others:
        size = arguments.sessions // PART
        told.append(f"{', '.join(others)} of {size:,} sessions")
    return "; ".join(told)


@contextmanager
def folder_for(arguments: argparse.Namespace) -> Iterator[Path]:
    """Give a folder of its own to write to, and say how much room there is."""
    if arguments.temp:
        arguments.temp.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=arguments.temp) as name:
        free = shutil.disk_usage(name).free / 1e9
        print(f"{free:.0f} GB free where it writes")
        if free < SMALLEST_GIGABYTES + arguments.sessions * SESSION_GIGABYTES:
            raise OSError(f"that is too little for {arguments.sessions:,} sessions")
        yield Path(name)


def memory_of_machine() -> int:
    """Tell the bytes of memory of this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def machine() -> str:
    """Say what it runs on."""
    gigabytes = memory_of_machine() / 2**30
    load = os.getloadavg()[0]
    today = time.strftime("%Y-%m-%d")
    return f"{today}, {os.cpu_count()} cores, {gigabytes:.0f} GiB, load {load:.1f}"


def versions() -> str:
    """Name the versions of what runs."""
    names = ("duckdb", "dbt-core", "dbt-duckdb")
    found = [f"{name} {version(name)}" for name in names]
    return ", ".join([f"Python {sys.version.split()[0]}", *found])


# --- the floor -----------------------------------------------------------------------


def measure_floor(folder: Path, memory: str) -> Used:
    """Read the raw Parquet and write it once as DuckDB tables."""
    database = folder / "floor.duckdb"
    command = [sys.executable, "-c", FLOOR, str(folder / "raw"), str(database), memory]
    floor = run(command)
    raw, tables = size_of(folder / "raw"), database.stat().st_size
    print(
        f"\nFloor: raw Parquet ({raw / 1e9:.2f} GB) read and written once as tables "
        f"({tables / 1e9:.2f} GB)\n  {took(floor)}"
    )
    database.unlink()
    return floor


def mean_of(first: Used, last: Used) -> Used:
    """Take the mean of two measurements of one thing, and the higher peak."""
    return Used(
        (first.seconds + last.seconds) / 2,
        (first.cpu_seconds + last.cpu_seconds) / 2,
        max(first.gigabytes, last.gigabytes),
    )


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Used:
    """Run a command in the project; what it prints is shown as it comes.

    Raises:
        SystemExit: it failed.
    """
    started = time.monotonic()
    child = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=os.environ | (environment or {}) | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = []
    try:
        for line in child.stdout or ():
            lines.append(line)
            if line.startswith("  "):
                print(line, end="")
        _, status, used = os.wait4(child.pid, 0)
    except BaseException:
        child.kill()
        raise
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if child.returncode:
        raise SystemExit(
            f"{''.join(lines)}\n{command[1]} ended with {child.returncode}"
        )
    cpu = used.ru_utime + used.ru_stime
    return Used(seconds, cpu, used.ru_maxrss * 1024 / 1e9, "".join(lines))


def took(used: Used) -> str:
    """Say what a process used."""
    return (
        f"{used.seconds:.1f} s, {used.cpu_seconds:.1f} s of CPU, "
        f"{used.gigabytes:.2f} GB at most"
    )


# --- the build -----------------------------------------------------------------------


def run_dbt(
    folder: Path, arguments: argparse.Namespace, *options: str, **variables: object
) -> tuple[Used, list[Node]]:
    """Run dbt in a process of its own over some of the shops.

    Args:
        folder: holds the shops, and gets the database and dbt's files.
        arguments: threads and memory.
        options: the command and its options.
        variables: vars of the run.

    Returns:
        What it used, and what each node did.
    """
    write_profile(folder, arguments)
    measures = folder / "measures.jsonl"
    command = [sys.executable, str(Path(__file__).with_name("measured_dbt.py"))]
    command += [str(measures), *options, "--threads", arguments.threads]
    command += ["--vars", json.dumps(variables), "--profiles-dir", str(folder)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    used = run(command, {"TRIBUTARY_DB": str(folder / "tributary.duckdb")})
    nodes = [named(**json.loads(line)) for line in measures.read_text().splitlines()]
    # each node's peak is forgotten when it is read
    highest = max(used.gigabytes, *(node.gigabytes for node in nodes))
    return Used(used.seconds, used.cpu_seconds, highest), nodes


def named(node: str, **measures: Any) -> Node:  # noqa: ANN401
    """Name a node without its package."""
    return Node(name=node.split(".", 2)[-1], **measures)


def project_profile() -> dict[str, Any]:
    """Read how the project runs on DuckDB."""
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text())
    return profile["tributary"]["outputs"]["dev"]


def write_profile(folder: Path, arguments: argparse.Namespace) -> None:
    """Write the project's own profile, with a limit on memory."""
    output = project_profile() | {
        "settings": {"memory_limit": arguments.memory},
        "module_paths": [str(PROJECT)],
    }
    profile = {"tributary": {"target": "dev", "outputs": {"dev": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile, sort_keys=False))


def measure_build(folder: Path, arguments: argparse.Namespace) -> None:
    """Build everything and print a line for each layer and for the slowest models.

    The floor is measured before and after: a shared machine is not as quick all along.
    """
    floor_before = measure_floor(folder, arguments.memory)
    print(f"\ndbt build of {', '.join(arguments.only)}, {arguments.threads} at a time")
    kinds = ("unit_test",) if arguments.tests else ("unit_test", "test")
    options = [part for kind in kinds for part in ("--exclude-resource-type", kind)]
    raw = run_config(folder / "raw", arguments.only)
    used, nodes = run_dbt(folder, arguments, "build", *options, raw=raw)
    floor = mean_of(floor_before, measure_floor(folder, arguments.memory))
    database = folder / "tributary.duckdb"
    sizes = table_sizes(database)
    print_layers(nodes, sizes, floor)
    print_models(nodes, sizes, floor, arguments.models)
    seconds, cpu = built_seconds(nodes)
    most = TARGET_GIGABYTES.get(arguments.sessions)
    target = f" (target {most} GB)" if most else ""
    spilled = max(node.spilled_gigabytes for node in nodes)
    print(
        f"\nWhole build: {took(used)}{target}, {spilled:.2f} GB spilled; "
        f"{database.stat().st_size / 1e9:.2f} GB of tables"
        f"\nSeeds and models: {seconds:.1f} s, {seconds / floor.seconds:.1f} times the "
        f"floor (target {TARGET_FLOORS}); {cpu:.1f} s of CPU, "
        f"{cpu / floor.cpu_seconds:.1f} times"
        f"{per_million(arguments, seconds, cpu)}"
    )
    database.unlink()


def per_million(arguments: argparse.Namespace, seconds: float, cpu: float) -> str:
    """Say what a million sessions took, where Company X's are all that there are."""
    if tuple(arguments.only) != ("company_x",):
        return ""
    millions = arguments.sessions / 1e6
    return (
        f"\nPer million sessions: {seconds / millions:.2f} s, "
        f"{cpu / millions:.2f} s of CPU"
    )


def built_seconds(nodes: Sequence[Node]) -> tuple[float, float]:
    """Tell wall and CPU seconds of seeds and models."""
    built = [node for node in nodes if node.is_built]
    return wall_seconds(built), sum(node.cpu_seconds for node in built)


def wall_seconds(nodes: Sequence[Node]) -> float:
    """Tell the wall time in which any of some nodes ran.

    It is counted once where several run at a time; that between them is left out.
    """
    seconds, until = 0.0, 0.0
    for node in sorted(nodes, key=lambda node: node.started):
        end = node.started + node.seconds
        seconds += max(end - max(node.started, until), 0)
        until = max(until, end)
    return seconds


def measure_sample(folder: Path, arguments: argparse.Namespace) -> None:
    """Build the sample, where nearly all is dbt itself."""
    used, nodes = run_dbt(
        folder, arguments, "build", "--exclude-resource-type", "unit_test"
    )
    start = next(node.seconds for node in nodes if node.name == "start")
    print(
        f"\nThe sample, {len(nodes) - 1} nodes, {arguments.threads} at a time: "
        f"{used.seconds - start:.1f} s after {start:.1f} s of start-up "
        f"(target {TARGET_SAMPLE_SECONDS} s); {used.cpu_seconds:.1f} s of CPU in all"
    )


def table_sizes(database: Path) -> dict[str, tuple[int, int]]:
    """Count rows and bytes of each table: name → (rows, bytes)."""
    with duckdb.connect(str(database), read_only=True) as conn:
        (block_size,) = conn.execute(
            "select block_size from pragma_database_size() "
            "where database_name = current_database()"
        ).fetchall()[0]
        tables = conn.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables()"
        ).fetchall()
        sizes = {}
        for schema, table, rows in tables:
            (blocks,) = conn.execute(
                "select count(distinct block) from ("
                "select unnest([block_id] || additional_block_ids) as block "
                f"from pragma_storage_info('{schema}.{table}')) "
                # a segment of one value alone lies in none, which is -1
                "where block >= 0"
            ).fetchall()[0]
            sizes[table] = (rows, blocks * block_size)
    return sizes


def print_layers(
    nodes: Sequence[Node], sizes: Mapping[str, tuple[int, int]], floor: Used
) -> None:
    """Print a line for each layer."""
    print(f"\n{HEADING.format('layer')}")
    by_layer = defaultdict(list)
    for node in nodes:
        by_layer[node.layer].append(node)
    for layer in LAYERS:
        members = by_layer[layer]
        if members:
            parts = [sizes.get(member.name, (0, 0)) for member in members]
            print_line(f"{layer} ({len(members)})", members, parts, floor)
    print_line("all", nodes, list(sizes.values()), floor)


def print_models(
    nodes: Sequence[Node],
    sizes: Mapping[str, tuple[int, int]],
    floor: Used,
    count: int,
) -> None:
    """Print a line for each of the slowest models, and for those by layer."""
    print(f"\n{HEADING.format('model')}")
    models = [node for node in nodes if node.is_built]
    models.sort(key=lambda node: node.cpu_seconds, reverse=True)
    for node in models[:count]:
        print_line(node.name, [node], [sizes.get(node.name, (0, 0))], floor)
    tests = [node for node in nodes if node.layer == "data tests"]
    tests.sort(key=lambda node: node.cpu_seconds, reverse=True)
    for node in tests[:5]:
        print_line(f"test {node.name}"[:42], [node], [], floor)


HEADING = (
    "{:<42}   wall s    CPU s  peak GB spill GB  of floor            rows"
    "          bytes"
)


def print_line(
    name: str, nodes: Sequence[Node], sizes: Sequence[tuple[int, int]], floor: Used
) -> None:
    """Print what some nodes took together, and what lies in their tables."""
    seconds = wall_seconds(nodes)
    cpu = sum(node.cpu_seconds for node in nodes)
    peak = max(node.gigabytes for node in nodes)
    spilled = max(node.spilled_gigabytes for node in nodes)
    rows, size = sum(rows for rows, _ in sizes), sum(size for _, size in sizes)
    print(
        f"{name:<42}{seconds:9.1f}{cpu:9.1f}{peak:9.2f}{spilled:9.2f}"
        f"{seconds / floor.seconds:10.2f}{rows:16,}{size:15,}"
    )


# --- by hand -------------------------------------------------------------------------


def compare_by_hand(folder: Path, arguments: argparse.Namespace) -> bool:
    """Run the part that can be done by hand three ways and compare the totals.

    Returns:
        Whether all agree to the cent.
    """
    print("\nBy hand: sessions numbered, journeys, six rules, totals, reconciliation")
    raw = run_config(folder / "raw", ["company_x"])
    options = ["--select", *(f"+{mart}" for mart in BY_HAND)]
    options += ["--exclude-resource-type", "test"]
    options += ["--exclude-resource-type", "unit_test"]
    ours, nodes = run_dbt(
        folder, arguments, "build", *options, raw=raw, attribution_models=list(RULES)
    )
    expected = totals_of(folder / "tributary.duckdb")
    (folder / "tributary.duckdb").unlink()
    seconds, cpu = built_seconds(nodes)
    print(
        f"  this project  {took(ours)}; without dbt itself {seconds:.1f} s, "
        f"{cpu:.1f} s of CPU"
    )
    is_sound = True
    for name in ("pandas", "polars"):
        out = folder / name
        out.mkdir()
        script = Path(__file__).with_name(f"by_hand_{name}.py")
        peer = run(
            [str(PEER_PYTHON), str(script), str(folder / "raw/company_x"), str(out)]
        )
        shutil.rmtree(out)
        found = json.loads(peer.output.splitlines()[-1])
        differing = parts_that_differ(expected, found)
        is_sound = is_sound and not differing
        verdict = f"differs in {', '.join(differing)}" if differing else "same totals"
        print(
            f"  {name:<12}  {took(peer)}; we take {seconds / peer.seconds:.2f} of its "
            f"time, {cpu / peer.cpu_seconds:.2f} of its CPU, "
            f"{ours.gigabytes / peer.gigabytes:.2f} of its memory; {verdict}"
        )
    return is_sound


def totals_of(database: Path) -> dict[str, Any]:
    """Read from the marts what the scripts by hand print."""
    with duckdb.connect(str(database), read_only=True) as conn:
        statuses = conn.execute(
            "select status, count(*) from marts.fct_conversion_reconciliation "
            "group by status"
        ).fetchall()
        channels = conn.execute(
            "select attribution_model || ' ' || channel, "
            "(sum(credited_conversions) * 1000000000000)::bigint, "
            "(sum(credited_revenue) * 100)::bigint "
            "from marts.rpt_channel_attribution where date_basis = 'touch' "
            "group by attribution_model, channel"
        ).fetchall()
        return {
            "sessions": number(conn, "select count(*) from marts.fct_sessions"),
            "session_numbers": number(
                conn, "select sum(session_number) from marts.fct_sessions"
            ),
            "touches": number(
                conn,
                "select count(*) from marts.fct_attribution_credits "
                "where attribution_model = 'linear' and touch_number > 0",
            ),
            "statuses": dict(statuses),
            "gap_cents": number(
                conn,
                "select sum(revenue_gap) * 100 "
                "from marts.fct_conversion_reconciliation",
            ),
            "channels": {name: [share, cents] for name, share, cents in channels},
        }


def parts_that_differ(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Name what differs: cents at all, shares by more than their last place may.

    Weights that are powers are rounded by each library in its own way, so a share may
    differ by 1e-12 of a conversion, and the sum of n of them by n times that.
    """
    differing = [
        part
        for part in expected
        if part != "channels" and expected[part] != found[part]
    ]
    most = found["touches"]
    names = expected["channels"].keys() | found["channels"].keys()
    for name in sorted(names):
        share, cents = expected["channels"].get(name, (0, None))
        other_share, other_cents = found["channels"].get(name, (0, None))
        if cents != other_cents or abs(share - other_share) > most:
            differing.append(name)
    return differing


def number(conn: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Ask for one whole number."""
    return int(conn.execute(sql).fetchall()[0][0])


if __name__ == "__main__":
    sys.exit(main())
