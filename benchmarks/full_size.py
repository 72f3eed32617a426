"""Build Company X at its real size and print what it took.

    make bench

Generates the 2021 layout as one SQLite file (1,616,702 sessions), builds and publishes
it with the same command as anybody else, in a process of its own, and prints wall time,
CPU time, peak memory and the slowest models. The published file of the project is not
touched.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
TARGET_SECONDS = 60
TARGET_GIGABYTES = 4


def main() -> int:
    """Run the benchmark; returns the exit code of the build."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = folder / "company_x.db"
        generate(shop)
        return measure(folder, shop)


def generate(shop: Path) -> None:
    """Write the SQLite file."""
    started = time.monotonic()
    command = [sys.executable, PROJECT / "scripts" / "generate_sample.py"]
    subprocess.run([*command, "--scale", "full", "--sqlite", shop], check=True)
    size = shop.stat().st_size / 1e6
    print(f"Generated {size:,.0f} MB of SQLite in {time.monotonic() - started:.1f} s")


def measure(folder: Path, shop: Path) -> int:
    """Build from the SQLite file in a child process and print what it used."""
    variables = json.dumps({"raw": {"company_x": str(shop)}})
    paths = ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    command = [sys.executable, PROJECT / "scripts" / "build.py", "--vars", variables]
    environment = os.environ | {
        "TRIBUTARY_DB": str(folder / "work" / "tributary.duckdb"),
        "TRIBUTARY_PUBLISHED": str(folder / "tributary.duckdb"),
    }
    (folder / "work").mkdir()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    code = subprocess.run([*command, *paths], env=environment, check=False).returncode
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory = after.ru_maxrss * 1024 / 1e9
    print("\nSlowest nodes (s)")
    for seconds, node in slowest(folder / "target" / "run_results.json"):
        print(f"  {seconds:6.2f}  {node}")
    print(f"\nWall time   {wall:6.1f} s   (target {TARGET_SECONDS} s)")
    print(f"CPU time    {cpu:6.1f} s   on {os.cpu_count()} cores")
    print(f"Peak memory {memory:6.2f} GB  (target {TARGET_GIGABYTES} GB)")
    return code


def slowest(run_results: Path, count: int = 10) -> list[tuple[float, str]]:
    """List the nodes that took longest, in seconds."""
    results = json.loads(run_results.read_text())["results"]
    times = [(result["execution_time"], result["unique_id"]) for result in results]
    return sorted(times, reverse=True)[:count]


if __name__ == "__main__":
    sys.exit(main())
