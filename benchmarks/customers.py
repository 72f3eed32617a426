"""Measure the customer marts: how long each takes, and how much memory.

    make bench-customers
    .venv/bin/python benchmarks/customers.py --sessions 1000000

Generates a shop of a year in the 2023 layout as Parquet, builds what the customer marts
read, and then each of them in a process of its own: wall, CPU and node time and peak
memory. dbt itself takes about 3 s and 0.2 GB of each. What is published is not touched.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from large_shop import TARGET_GIGABYTES, generate_shop, in_a_process, run_dbt

SESSIONS = 10_000_000
DAYS = 365
TARGET_SECONDS = 60

# in the order in which they read each other; rpt_active_users counts every session by
# day, week and month and is no part of the target
MODELS = (
    "int_property_dates",
    "int_session_users",
    "int_cohort_activity",
    "dim_users",
    "rpt_retention",
    "rpt_ltv",
    "rpt_conversion_lag",
    "rpt_orders",
    "rpt_acquisition",
)
BESIDE = ("rpt_active_users",)
MEASURED = (*MODELS, *BESIDE)
BEFORE = tuple(f"+{model}" for model in MEASURED)


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=SESSIONS, metavar="N")
    sys.stdout.reconfigure(line_buffering=True)
    measure(parser.parse_args().sessions)
    return 0


def measure(sessions: int) -> None:
    """Build the shop and print a line for each model, and their sum."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        in_a_process(generate_shop, folder, sessions, DAYS)
        run_dbt(folder, "build", "--select", *BEFORE, "--exclude", *MEASURED)
        print(f"\n{'model':<22}{'wall s':>8}{'CPU s':>8}{'node s':>8}{'peak GB':>9}")
        node_seconds, gigabytes = 0.0, 0.0
        for model in MEASURED:
            measured = run_dbt(folder, "run", "--select", model)
            print(
                f"{model:<22}{measured.seconds:8.1f}{measured.cpu_seconds:8.1f}"
                f"{measured.node_seconds:8.1f}{measured.gigabytes:9.2f}"
            )
            if model in MODELS:
                node_seconds += measured.node_seconds
                gigabytes = max(gigabytes, measured.gigabytes)
        print(
            f"{'all but the last':<22}{'':16}{node_seconds:8.1f}{gigabytes:9.2f}"
            f"   (target {TARGET_SECONDS} s, {TARGET_GIGABYTES} GB)"
        )


if __name__ == "__main__":
    sys.exit(main())
