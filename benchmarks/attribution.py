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
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from large_shop import (
    PEER_PYTHON,
    PROJECT,
    RULES,
    SHOP,
    channel_rows,
    generate_shop,
    in_a_process,
    run,
    run_dbt,
    session_tables,
    tell,
)

SESSIONS = 10_000_000
FEWER_SESSIONS = 1_000_000
JOURNEYS = 1_000_000

TARGET_SECONDS = 90
TARGET_RULE_SECONDS = 30
TARGET_GROWTH = 1.2

# from journeys to reports; what they read is built before
ATTRIBUTION = (
    "int_touchpoints",
    "path:models/intermediate/attribution",
    "path:models/marts/attribution",
)
BEFORE = tuple(f"+{part}" for part in ATTRIBUTION)

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
        run_dbt(folder, "build", "--select", *BEFORE, "--exclude", *ATTRIBUTION)
        # one node at a time, so that the seconds of a node are its own
        attribution = ("--threads", "1", "--select", *ATTRIBUTION)
        journeys = run_dbt(folder, "build", *attribution)
        tell("Journeys to reports, all models", journeys, TARGET_SECONDS)
        # other models are other columns: all credits are built anew
        rules = run_dbt(folder, "build", "--full-refresh", *attribution, models=RULES)
        tell("Journeys to reports, six rules", rules, TARGET_RULE_SECONDS)
        if is_whole:
            (folder / "tributary.duckdb").unlink()
            tell("dbt build, with all tests", run_dbt(folder, "build", is_tested=True))
        return journeys.node_seconds


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
        conn.execute(session_tables(empty, 10))
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
