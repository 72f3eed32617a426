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
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from large_shop import PROJECT, run

TARGET_SECONDS = 60
TARGET_GIGABYTES = 4
SLOWEST = 10


def main() -> int:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = folder / "company_x.db"
        generate(shop)
        measure(folder, shop)
    return 0


def generate(shop: Path) -> None:
    """Write the SQLite file."""
    started = time.monotonic()
    command = [sys.executable, PROJECT / "scripts" / "generate_sample.py"]
    subprocess.run([*command, "--scale", "full", "--sqlite", shop], check=True)
    size = shop.stat().st_size / 1e6
    print(f"Generated {size:,.0f} MB of SQLite in {time.monotonic() - started:.1f} s")


def measure(folder: Path, shop: Path) -> None:
    """Build from the SQLite file in a child process and print what it used."""
    variables = json.dumps({"raw": {"company_x": str(shop)}})
    (folder / "work").mkdir()
    measured = run(
        [
            *(sys.executable, PROJECT / "scripts" / "build.py", "--vars", variables),
            *("--target-path", folder / "target", "--log-path", folder),
        ],
        {
            "TRIBUTARY_DB": str(folder / "work" / "tributary.duckdb"),
            "TRIBUTARY_PUBLISHED": str(folder / "tributary.duckdb"),
        },
        folder / "target" / "run_results.json",
    )
    print(f"{measured.output}\nSlowest nodes (s)")
    for seconds, node in measured.nodes[:SLOWEST]:
        print(f"  {seconds:6.2f}  {node}")
    print(f"\nWall time   {measured.seconds:6.1f} s   (target {TARGET_SECONDS} s)")
    print(f"CPU time    {measured.cpu_seconds:6.1f} s   on {os.cpu_count()} cores")
    print(f"Peak memory {measured.gigabytes:6.2f} GB  (target {TARGET_GIGABYTES} GB)")


if __name__ == "__main__":
    sys.exit(main())
