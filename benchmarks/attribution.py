"""Measure attribution: how long it takes, how it grows, and what its peers take.

    make bench-attribution
    .venv/bin/python benchmarks/attribution.py --sessions 1000000
    .venv/bin/python benchmarks/attribution.py --peers

The first two generate a shop in the 2023 layout as Parquet, build it in processes of
their own and print wall time, peak memory and the time of each attribution node, beside
the targets. The third runs a Markov model of order 1 over a million journeys with
ChannelAttribution and marketing-attribution-models (from `.venv-benchmarks`) and with
this project. What is published is not touched.
"""

from __future__ import annotations

import argparse
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
PEER_PYTHON = PROJECT / ".venv-benchmarks" / "bin" / "python"

SESSIONS = 10_000_000
FEWER_SESSIONS = 1_000_000
JOURNEYS = 1_000_000

TARGET_SECONDS = 90
TARGET_RULE_SECONDS = 30
TARGET_GIGABYTES = 8
TARGET_GROWTH = 1.2

RULES = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
)
# from journeys to reports; what they read is built before
ATTRIBUTION = (
    "int_touchpoints",
    "path:models/intermediate/attribution",
    "path:models/marts/attribution",
)
BEFORE = ("+int_touchpoints", "+int_property_attribution_models")

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
    + to_seconds(floor(uniform(number, 3) * 90 * 86400)::bigint) as started_at,
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

# a journey is likelier to go on in the channel that it was in, and to end in a
# conversion the later in the list of channels its last one stands
JOURNEY_TABLE = """
create table touches as
select
    journey,
    touch,
    slots.channel_name as channel,
    slots.slot
from (
    select
        journey,
        touch,
        case
            when uniform(journey * 60 + touch, 1) < 0.25 and touch > 0
                then uniform(journey * 60 + touch - 1, 2)
            else uniform(journey * 60 + touch, 2)
        end as draw
    from (
        select
            range as journey,
            unnest(range(sessions_of_user(range, 5))) as touch
        from range({journeys})
    )
) as drawn
inner join slots
    on floor(draw * 100)::bigint = slots.slot;

copy (
    select
        journey,
        string_agg(channel, '>' order by touch) as path,
        uniform(journey, 6) < 0.1 + arg_max(slot, touch) / 300 as is_converting
    from touches
    group by journey
    order by journey
) to '{file}';
"""

CHANNEL_ATTRIBUTION = """
import pandas
import ChannelAttribution

def effects(journeys):
    data = pandas.read_parquet(journeys)
    data["conversions"] = data["is_converting"].astype(int)
    data["nothing"] = 1 - data["conversions"]
    found = ChannelAttribution.markov_model(
        data, "path", "conversions", var_null="nothing", order=1, out_more=True,
        ncore=2, seed=1, verbose=False, flg_pro=False,
    )["removal_effects"]
    return dict(zip(found["channel_name"], found["removal_effect"]))
"""

MARKETING_ATTRIBUTION_MODELS = """
import polars
from mam.core import MAM

def effects(journeys):
    data = polars.read_parquet(journeys).with_columns(polars.lit(1).alias("weight"))
    mam = MAM(
        data, format_type="grouped_journey", channels_colname="path",
        journey_with_conv_colname="is_converting", occurrences_colname="weight",
        path_separator=">",
    )
    found = mam.run_markov().metadata["removal_effect"]["removal_effect"]
    return found.to_dict()
"""

# what the project's SQL reads, from a file of paths
PROJECT_TABLES = """
create schema intermediate;

create view intermediate.int_markov_journeys as
select
    'shop' as property,
    journey % 100 as user_group,
    is_converting as is_conversion,
    string_split(path, '>') as channels
from '{journeys}';
"""

PROJECT_MARKOV = """
import duckdb
import sys
from pathlib import Path

sys.path.insert(0, {models!r})
from int_markov_removal_effects import Chain, effects_of

def effects(journeys):
    with duckdb.connect({database!r}) as conn:
        conn.execute({tables!r})
        found = conn.execute(Path({transitions!r}).read_text()).fetchall()
    steps = [step[1:] for step in sorted(found, key=str)]
    if {has_intervals}:
        rows = effects_of("shop", steps)
        return {{row[1]: row[3] for row in rows if row[2] is None}}
    chain = Chain(steps)
    return dict(zip(chain.channels, chain.removal_effects()[0].tolist()))
"""

TIMED = """
import json, sys, time
started = time.monotonic()
found = effects(sys.argv[1])
seconds = time.monotonic() - started
effects = {channel: float(effect) for channel, effect in found.items()}
print("\\n" + json.dumps({"seconds": seconds, "effects": effects}))
"""


@dataclass(frozen=True)
class Run:
    """What a child process took.

    Attributes:
        seconds: wall time.
        gigabytes: peak memory.
        nodes: seconds of each dbt node, slowest first; empty where it was not dbt.
        output: what the process printed.
    """

    seconds: float
    gigabytes: float
    nodes: list[tuple[float, str]]
    output: str

    @property
    def node_seconds(self) -> float:
        """Seconds of all nodes: the build without dbt's own start and end."""
        return sum(seconds for seconds, _ in self.nodes)


def main() -> int:
    """Read the command line and measure what it asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=SESSIONS, metavar="N")
    parser.add_argument("--fewer-sessions", type=int, default=FEWER_SESSIONS)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--journeys", type=int, default=JOURNEYS, metavar="N")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    if arguments.peers:
        compare_peers(arguments.journeys)
    else:
        measure_growth(arguments.sessions, arguments.fewer_sessions)
    return 0


# --- time, memory, growth ------------------------------------------------------------


def measure_growth(many: int, few: int) -> None:
    """Measure a small and a large shop and set them side by side."""
    small = measure_shop(few, is_whole=False)
    large = measure_shop(many, is_whole=True)
    growth = (large / many) / (small / few)
    print(
        f"\nNode time per million sessions: {small / few * 1e6:.2f} s at {few:,}, "
        f"{large / many * 1e6:.2f} s at {many:,}; "
        f"{growth:.2f} times as much (target {TARGET_GROWTH})"
    )


def measure_shop(sessions: int, is_whole: bool) -> float:
    """Build a shop and print what it took.

    Args:
        sessions: how many the shop has.
        is_whole: whether to build everything as well, with all tests.

    Returns:
        The seconds of the nodes from journeys to reports, all models.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        in_a_process(generate_shop, folder, sessions)
        run_dbt(folder, "build", "--select", *BEFORE, "--exclude", "int_touchpoints")
        journeys = run_dbt(folder, "build", "--select", *ATTRIBUTION)
        tell("Journeys to reports, all models", journeys, TARGET_SECONDS)
        rules = run_dbt(folder, "build", "--select", *ATTRIBUTION, models=RULES)
        tell("Journeys to reports, six rules", rules, TARGET_RULE_SECONDS)
        if is_whole:
            (folder / "tributary.duckdb").unlink()
            tell("dbt build, with all tests", run_dbt(folder, "build", is_tested=True))
        return journeys.node_seconds


def generate_shop(folder: Path, sessions: int) -> None:
    """Write the shop as one Parquet file per raw table."""
    started = time.monotonic()
    (folder / "raw").mkdir()
    with duckdb.connect() as conn:
        conn.execute(SHOP.format(channels=channel_rows()))
        conn.execute(SESSION_TABLES.format(sessions=sessions, folder=folder / "raw"))
        counts = conn.execute(
            "select count(*), count(distinct user_id), count(*) filter (is_converting) "
            "from sessions"
        ).fetchall()[0]
    seconds = time.monotonic() - started
    text = "{:,} sessions of {:,} users and {:,} conversions".format(*counts)
    print(f"\nGenerated {text} in {seconds:.1f} s")


def generate_journeys(file: Path, journeys: int) -> None:
    """Write journeys as one Parquet file with a path a row."""
    with duckdb.connect() as conn:
        conn.execute(SHOP.format(channels=channel_rows()))
        conn.execute(JOURNEY_TABLE.format(journeys=journeys, file=file))
        counts = conn.execute(
            "select count(*), count(*) filter (is_converting), "
            "sum(len(string_split(path, '>'))) from read_parquet(?)",
            [str(file)],
        ).fetchall()[0]
    print("{:,} journeys, {:,} of them converting, {:,} touches\n".format(*counts))


def in_a_process(generate: Callable[[Path, int], None], path: Path, size: int) -> None:
    """Generate in a process of its own: children count the memory of their parent."""
    child = get_context("spawn").Process(target=generate, args=(path, size))
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit(f"{generate.__name__} ended with {child.exitcode}")


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
    return Run(seconds, used.ru_maxrss * 1024 / 1e9, nodes, text)


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
    print(f"  Node time   {measured.node_seconds:7.1f} s")
    print(f"  Peak memory {measured.gigabytes:7.2f} GB (target {TARGET_GIGABYTES} GB)")
    for seconds, node in measured.nodes[:15]:
        print(f"    {seconds:7.2f}  {node}")


# --- peers ---------------------------------------------------------------------------


def compare_peers(journeys: int) -> None:
    """Run the same journeys through this project and the peers, and print both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "journeys.parquet"
        in_a_process(generate_journeys, file, journeys)
        transitions = compiled_transitions(folder)
        ours = timed(sys.executable, project_script(folder, transitions), file)
        jackknife = project_script(folder, transitions, has_intervals=True)
        print_peer("this project", ours, ours)
        print_peer(
            "  with 100 replicates", timed(sys.executable, jackknife, file), ours
        )
        for title, script in (
            ("ChannelAttribution", CHANNEL_ATTRIBUTION),
            ("marketing-attribution-models", MARKETING_ATTRIBUTION_MODELS),
        ):
            print_peer(title, timed(PEER_PYTHON, script, file), ours)


@dataclass(frozen=True)
class Markov:
    """What a Markov model took and found: seconds, gigabytes, removal effects."""

    seconds: float
    gigabytes: float
    effects: dict[str, float]

    @property
    def shares(self) -> dict[str, float]:
        """Each channel's part of the sum of the removal effects."""
        total = sum(self.effects.values())
        return {channel: effect / total for channel, effect in self.effects.items()}


def compiled_transitions(folder: Path) -> Path:
    """Have dbt write the project's own SQL for the steps of the chain."""
    model = "int_markov_transitions"
    empty = folder / "raw"
    empty.mkdir()
    with duckdb.connect() as conn:
        conn.execute(SHOP.format(channels=channel_rows()))
        conn.execute(SESSION_TABLES.format(sessions=10, folder=empty))
    run_dbt(folder, "compile", "--select", model)
    return next((folder / "target" / "compiled").rglob(f"{model}.sql"))


def project_script(folder: Path, transitions: Path, has_intervals: bool = False) -> str:
    """Write the script that runs the project's SQL and solver over the journeys."""
    journeys = folder / "journeys.parquet"
    work = folder / ("intervals" if has_intervals else "plain")
    work.mkdir()
    return PROJECT_MARKOV.format(
        models=str(PROJECT / "models" / "intermediate" / "attribution"),
        # compiled SQL names the database after its file
        database=str(work / "tributary.duckdb"),
        tables=PROJECT_TABLES.format(journeys=journeys),
        transitions=str(transitions),
        has_intervals=has_intervals,
    )


def timed(python: str | Path, script: str, journeys: Path) -> Markov:
    """Run a script's `effects` in a process of its own; imports are not timed."""
    command = [python, "-c", script + TIMED, journeys]
    measured = run(command, {"PYTHONDONTWRITEBYTECODE": "1"})
    found = json.loads(measured.output.splitlines()[-1])
    return Markov(found["seconds"], measured.gigabytes, found["effects"])


def print_peer(title: str, peer: Markov, ours: Markov) -> None:
    """Print what one library took and how far it is from this project."""
    effect = max(abs(peer.effects[c] - ours.effects[c]) for c in ours.effects)
    share = max(abs(peer.shares[c] - ours.shares[c]) for c in ours.effects)
    print(
        f"{title:<30}{peer.seconds:7.2f} s {peer.gigabytes:6.2f} GB "
        f"{peer.seconds / ours.seconds:7.2f} times; "
        f"largest difference of a removal effect {effect:.1e}, of a share {share:.1e}"
    )


if __name__ == "__main__":
    sys.exit(main())
