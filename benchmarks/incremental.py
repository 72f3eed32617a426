"""Measure an incremental run: a year of sessions, and one more day.

    .venv/bin/python benchmarks/incremental.py
    .venv/bin/python benchmarks/incremental.py --sessions 1000000 --folder /big/disk

Generates a shop of 366 days in the 2023 layout as Parquet, builds the first 365 in
full, adds the last day and builds again, each in a process of its own and with one node
at a time, so that the seconds of a node are its own: `--threads 2` is what the project
does. Then a run that changes nothing. Tests are left out: they look at all rows each
time. What is published is not touched.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

from large_shop import Run, generate_shop, in_a_process, run_dbt

SESSIONS = 10_000_000
DAYS = 366
LAST_DAY = "date '2023-06-01' + 365"
TARGET_MODELS = 0.1
TARGET_RUN = 1 / 3

INCREMENTAL = (
    "base_company_x__session_sources",
    "int_sessions",
    "int_touchpoints",
    "int_touchpoints_credited",
)
# what finds out which rows have changed
COMPARISONS = ("stg_raw__parts", "int_users_compared", "int_conversions_compared")

# the first 365 days are the shop without the sessions of the last one, their costs and
# the conversions of that day
FIRST_DAYS = """
copy (
    from '{whole}/session_sources.parquet' where event_date < {last_day}
) to '{raw}/session_sources.parquet';

copy (
    from '{whole}/conversions.parquet' where conv_date < {last_day}
) to '{raw}/conversions.parquet';

copy (
    select costs.*
    from '{whole}/session_costs.parquet' as costs
    semi join '{raw}/session_sources.parquet' as sessions
        on costs.session_id = sessions.session_id
) to '{raw}/session_costs.parquet';
"""


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=SESSIONS, metavar="N")
    parser.add_argument(
        "--folder", type=Path, help="where to work; else a temporary one"
    )
    parser.add_argument("--threads", default="1", help="of dbt (%(default)s)")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        measure(Path(name), arguments.sessions, arguments.threads)
    return 0


def measure(folder: Path, sessions: int, threads: str) -> None:
    """Build in full, with one more day, and once more; print the three."""
    in_a_process(generate_shop, folder, sessions, DAYS)
    whole = (folder / "raw").rename(folder / "whole")
    (folder / "raw").mkdir()
    in_a_process(hold_back_last_day, folder)
    full = build("In full, 365 days", folder, threads)
    for file in whole.iterdir():
        shutil.copy(file, folder / "raw")
    one_day = build("One more day", folder, threads)
    nothing = build("Nothing new", folder, threads)
    for title, run in (("one more day", one_day), ("nothing new", nothing)):
        print(f"\n{title}, beside the full build")
        tell_part(
            "incremental models",
            seconds_of(run, INCREMENTAL),
            seconds_of(full, INCREMENTAL),
            TARGET_MODELS,
        )
        both = INCREMENTAL + COMPARISONS
        tell_part(
            "  with the comparisons", seconds_of(run, both), seconds_of(full, both)
        )
        tell_part("all nodes", run.node_seconds, full.node_seconds)
        tell_part("whole run, CPU", run.cpu_seconds, full.cpu_seconds)
        tell_part("whole run, wall", run.seconds, full.seconds, TARGET_RUN)


def hold_back_last_day(folder: Path) -> None:
    """Write the raw tables without their last day."""
    with duckdb.connect() as conn:
        conn.execute("set enable_progress_bar = false")
        conn.execute(
            FIRST_DAYS.format(
                whole=folder / "whole", raw=folder / "raw", last_day=LAST_DAY
            )
        )


def build(title: str, folder: Path, threads: str) -> Run:
    """Build the shop and print what it took."""
    run = run_dbt(folder, "build", "--threads", threads)
    print(
        f"\n{title}: {run.seconds:.1f} s, {run.cpu_seconds:.1f} s of CPU, "
        f"{run.gigabytes:.2f} GB"
    )
    for seconds, node in run.nodes[:15]:
        print(f"  {seconds:7.2f}  {node}")
    return run


def seconds_of(run: Run, models: tuple[str, ...]) -> float:
    """Add up the seconds of some models."""
    return sum(s for s, node in run.nodes if node.split(".")[-1] in models)


def tell_part(
    title: str, part: float, whole: float, target: float | None = None
) -> None:
    """Print what something took, and as a part of the full build."""
    aim = f"   (target {target:.0%})" if target else ""
    print(f"  {title:<24}{part:8.1f} s of {whole:8.1f} s: {part / whole:6.1%}{aim}")


if __name__ == "__main__":
    sys.exit(main())
