"""Work out what billions of sessions would take on a cluster: docs/scale.md shows it.

    python benchmarks/cluster_cost.py
    python benchmarks/cluster_cost.py --vcpu-hour 0.04 --slower 2

What is measured comes from `make bench` (benchmarks/README.md), per session of Company
X with a conversion to ten sessions. What is assumed are the options. Nothing is read.
"""

from __future__ import annotations

import argparse

BILLIONS = (0.1, 1, 10, 100)

# bytes per session (make bench SESSIONS=10000000); what is sent, as tightly as DuckDB
# can pack it, which the tables' ids are not
RAW = 40
SESSIONS = 30.0
SESSION_KEYS = 21
CONVERSIONS = 74.6
SESSIONS_PER_CONVERSION = 10
TABLES = 207
# seconds of CPU per million sessions, all models; what a build costs at any size is not
# in it
CPU_SECONDS = 10.6

# a session's keys are sent to where its user's are numbered, the number and the session
# to where its id is, and both to their user's bucket; conversions of both sides to
# where ids are compared, and what counts to its user's bucket
SENT = 2 * (SESSIONS + SESSION_KEYS) + 3 * CONVERSIONS / SESSIONS_PER_CONVERSION


def main() -> None:
    """Read what is assumed and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vcpu-hour", type=float, default=0.05, help="price, USD")
    parser.add_argument("--gigabyte-month", type=float, default=0.023, help="USD")
    parser.add_argument(
        "--slower", type=float, default=3, help="CPU of Spark over that of DuckDB"
    )
    parser.add_argument(
        "--busy", type=float, default=0.6, help="part of the time that cores work"
    )
    parser.add_argument("--cores", type=int, default=1024, help="vCPUs of the cluster")
    parser.add_argument(
        "--gigabits", type=float, default=0.625, help="network per vCPU, a second"
    )
    parser.add_argument(
        "--loose", type=float, default=2, help="bytes sent over bytes stored"
    )
    print(table(parser.parse_args()))


def table(assumed: argparse.Namespace) -> str:
    """Write a column for each size, as Markdown."""
    columns = [column(billions, assumed) for billions in BILLIONS]
    lines = [
        "| | " + " | ".join(f"{size:g} billion" for size in BILLIONS) + " |",
        "| --- |" + " ---: |" * len(BILLIONS),
    ]
    for name in columns[0]:
        lines.append(f"| {name} | {' | '.join(one[name] for one in columns)} |")
    return "\n".join(lines)


def column(billions: float, assumed: argparse.Namespace) -> dict[str, str]:
    """Work out one size."""
    sessions = billions * 1e9
    core_hours = sessions / 1e6 * CPU_SECONDS * assumed.slower / 3600
    paid_hours = core_hours / assumed.busy
    sent = sessions * SENT * assumed.loose
    bytes_a_second = assumed.cores * assumed.gigabits * 1e9 / 8
    stored = sessions * (RAW + TABLES)
    return {
        "raw Parquet": size(sessions * RAW),
        "tables": size(sessions * TABLES),
        "sent between machines": size(sent),
        "core-hours of work": number(core_hours),
        f"hours on {assumed.cores} vCPUs": number(paid_hours / assumed.cores),
        "of these the network, at least": number(sent / bytes_a_second / 3600),
        "USD a full build": number(paid_hours * assumed.vcpu_hour),
        "USD a month to store it": number(stored / 1e9 * assumed.gigabyte_month),
        "buckets of 1 GB of sessions": number(max(sessions * SESSIONS / 1e9, 1), 0),
    }


def size(count: float) -> str:
    """Write bytes in GB or TB."""
    return (
        f"{number(count / 1e12)} TB" if count >= 1e12 else f"{number(count / 1e9)} GB"
    )


def number(value: float, places: int = 1) -> str:
    """Write a number; two places where it is small."""
    return f"{value:,.{places if value >= 10 else 2 if places else 0}f}"


if __name__ == "__main__":
    main()
